readonly CARGO_DENY=0.20.2

# cargo-deny: licences and sources of our dependencies. 3 to 6 minutes, therefore not part of `make test`.

build_cargo_deny() {
    CARGO_TARGET_DIR=$CACHE/build/cargo-deny quietly cargo install --locked --no-track --root "$1" "cargo-deny@$CARGO_DENY" ||
        fail "cargo-deny $CARGO_DENY cannot be built" "the crate registry must be reachable"
    rm -rf "$CACHE/build/cargo-deny"
}

install_cargo_deny() {
    make_once "cargo-deny-$CARGO_DENY" build_cargo_deny
    wrapper cargo-deny "'$TOOLS/cargo-deny-$CARGO_DENY/bin/cargo-deny'"
}
