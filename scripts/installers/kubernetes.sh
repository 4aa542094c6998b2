readonly KUBERNETES=1.36.3 COREDNS=1.15.0

# Kubernetes: built from its Go modules, whose hashes stand in pins/*/go.sum. 15 min on two idle cores, once; 0.7 GB.
#
# With it comes what a cluster of one node needs besides: CoreDNS with few plugins, etcd and the network plugins out of
# Debian's packages, and a Python for the images of the tests. The container runtime is the engine's.

build_kubernetes() {
    local work=$1 version=k8s.io/component-base/version client=k8s.io/client-go/pkg/version flags="-s -w" package
    need go "install Go 1.26 or newer"
    for package in "$version" "$client"; do
        flags+=" -X $package.gitVersion=v$KUBERNETES -X $package.gitMajor=1 -X $package.gitMinor=36 -X $package.gitTreeState=clean"
    done
    mkdir "$work/bin"
    go_build "kubernetes-$KUBERNETES" "$work/bin/" "$flags" \
        k8s.io/kubernetes/cmd/kube-{apiserver,controller-manager,scheduler,proxy} k8s.io/kubernetes/cmd/{kubelet,kubectl}
    go_build "coredns-$COREDNS" "$work/bin/coredns" "-s -w" .
    debian_packages bookworm "$work" etcd-server containernetworking-plugins
    ln -s ../usr/bin/etcd "$work/bin/etcd"
    debian_packages bookworm "$work/python" python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libssl3 libexpat1 zlib1g libc6
    rm -rf "$work"/{usr/share,etc,lib,var} "$work"/python/{usr/share,etc,var}
}

install_kubernetes() {
    need unshare "install util-linux"
    install_engine
    make_once "kubernetes-$KUBERNETES" build_kubernetes
    wrapper kubectl "'$TOOLS/kubernetes-$KUBERNETES/bin/kubectl'"
    sed "s#@KUBERNETES@#$TOOLS/kubernetes-$KUBERNETES#; s#@ENGINE@#$TOOLS/engine-$ENGINE#" "$HERE/cluster" | program cluster
}
