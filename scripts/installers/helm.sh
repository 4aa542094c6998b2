readonly HELM=4.3.1

# Helm 4: built from its Go modules, whose hashes stand in pins/*/go.sum. 6 min on two idle cores, once. Helm 3 comes with python.

build_helm() { go_build "helm-$HELM" "$1/helm" "-s -w -X helm.sh/helm/v4/internal/version.version=v$HELM" helm.sh/helm/v4/cmd/helm; }

install_helm() {
    make_once "helm-$HELM" build_helm
    wrapper helm-4 "'$TOOLS/helm-$HELM/helm'"
}
