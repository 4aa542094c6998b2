# The shells that completions are for, besides bash, and man: the machine's own.

install_shells() {
    machine_package zsh zsh
    machine_package fish fish
    machine_package man man-db
}
