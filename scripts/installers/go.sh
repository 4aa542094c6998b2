# go_build PINS OUTPUT LDFLAGS PACKAGE...: builds what the module in pins/PINS requires, whose hashes stand in its go.sum.
go_build() {
    need go "install Go 1.26 or newer"
    # Both caches stay until the build has succeeded, so that a build which was killed goes on where it stopped.
    export GOMODCACHE=$CACHE/build/go/mod GOCACHE=$CACHE/build/go/cache GOFLAGS="-mod=readonly -modcacherw -trimpath -buildvcs=false"
    cd "$HERE/pins/$1"
    quietly env CGO_ENABLED=0 GOWORK=off go build -o "$2" -ldflags "$3" "${@:4}" ||
        fail "$1 cannot be built" "the Go module proxy must be reachable, and Go be 1.26 or newer"
}
