# Nix: Debian's package, which makes no daemon. The tests keep its store in a folder of their own.

install_nix() {
    machine_package nix nix-bin
    wrapper nix "'$(command -v nix)'"
}
