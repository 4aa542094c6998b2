readonly KUBECONFORM=0.8.0 OLDEST_SCHEMAS=1.28.15

# kubeconform, built from its Go modules, and the schemas of the oldest and the newest Kubernetes that charts are for, out of
# Kubernetes' own description of its API. 2 min on two idle cores.

build_kubeconform() {
    local work=$1 version module
    go_build "kubeconform-$KUBECONFORM" "$work/kubeconform" "-s -w" github.com/yannh/kubeconform/cmd/kubeconform
    for version in "$OLDEST_SCHEMAS" "$KUBERNETES"; do
        module=$(cd "$TMP" && go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/.*"Dir": "\(.*\)",\?/\1/p')
        [ -n "$module" ] || fail "Kubernetes $version cannot be downloaded" "the Go module proxy must be reachable"
        python3 "$HERE/schemas.py" "$module/api/openapi-spec/swagger.json" "$work/schemas/v$version-standalone-strict"
    done
}

install_kubeconform() {
    need python3 "install Python 3.11 or newer"
    make_once "kubeconform-$KUBECONFORM" build_kubeconform
    wrapper kubeconform "'$TOOLS/kubeconform-$KUBECONFORM/kubeconform' -strict -schema-location \
'$TOOLS/kubeconform-$KUBECONFORM/schemas/{{ .NormalizedKubernetesVersion }}-standalone{{ .StrictSuffix }}/{{ .ResourceKind }}{{ .KindSuffix }}.json'"
}
