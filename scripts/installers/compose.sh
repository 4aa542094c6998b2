# Docker Compose: built from its Go modules, whose hashes stand in pins/*/go.sum. 1 to 2 min each on two idle cores.

build_compose() {
    local version=$1 work=$2 module=github.com/docker/compose/v${1%%.*}
    need go "install Go 1.26 or newer"
    # Both caches stay until the build has succeeded, so that a build which was killed goes on where it stopped.
    export GOMODCACHE=$CACHE/build/go/mod GOCACHE=$CACHE/build/go/cache GOFLAGS="-mod=readonly -modcacherw -trimpath -buildvcs=false"
    cd "$HERE/pins/compose-$version"
    quietly env CGO_ENABLED=0 GOWORK=off go build -o "$work/docker-compose" \
        -ldflags "-s -w -X $module/internal.Version=v$version" "$module/cmd" ||
        fail "docker compose $version cannot be built" "the Go module proxy must be reachable, and Go be 1.26 or newer"
}

install_compose() {
    make_once "compose-$1" build_compose "$1"
    wrapper "docker-compose-$1" "'$TOOLS/compose-$1/docker-compose'"
}
