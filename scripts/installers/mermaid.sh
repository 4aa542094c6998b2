# Mermaid in headless Chromium: bin/mermaid renders the drawing on its standard input to SVG. 50 s with Chromium, else 2.

readonly MERMAID=11.12.2
readonly MERMAID_SHA256=c4ab1840638b1735135090c667382e89cc353b46b56761514a3d0a8a80963832

build_mermaid() {
    local work=$1
    need npm "install Node.js and npm"
    cd "$work"
    quietly npm pack --silent "mermaid@$MERMAID" || fail "mermaid $MERMAID cannot be downloaded" "the npm registry must be reachable"
    echo "$MERMAID_SHA256  mermaid-$MERMAID.tgz" | sha256sum --check --quiet || fail "mermaid $MERMAID is not what it was"
    tar -x -z --strip-components=2 -f "mermaid-$MERMAID.tgz" package/dist/mermaid.min.js
    rm "mermaid-$MERMAID.tgz"
}

install_mermaid() {
    machine_package chromium chromium
    make_once "mermaid-$MERMAID" build_mermaid
    sed "s#@MERMAID@#$TOOLS/mermaid-$MERMAID/mermaid.min.js#" "$HERE/mermaid" | program mermaid
}
