# Helm, kubernetes-validate and PyYAML: PyPI packages, whose hashes stand in pins/python.txt. 10 s.

build_python() {
    local work=$1
    # Programs in a virtual environment name its path and would not survive the rename: only its python is called.
    quietly python3 -m venv "$work" || fail "python3 cannot make a virtual environment" "install Python's venv module (Debian: python3-venv)"
    quietly "$work/bin/python" -m pip install --no-input --require-hashes --only-binary :all: -r "$HERE/pins/python.txt" ||
        fail "the packages of scripts/pins/python.txt cannot be installed" "PyPI must be reachable"
}

install_python() {
    local folder
    need python3 "install Python 3.11 or newer"
    folder=python-$(sha256sum "$HERE/pins/python.txt" | cut -c 1-12)
    # The environment points to the machine's Python: without that one it is worthless.
    [ ! -d "$TOOLS/$folder" ] || "$TOOLS/$folder/bin/python" -S -c '' 2>/dev/null || rm -rf "${TOOLS:?}/$folder"
    make_once "$folder" build_python
    wrapper python "'$TOOLS/$folder/bin/python'"
    wrapper kubernetes-validate "'$TOOLS/$folder/bin/python' -m kubernetes_validate"
    wrapper helm-3 "'$TOOLS/$folder/bin/helm'"
}
