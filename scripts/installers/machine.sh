readonly MACHINE=trixie

# A machine to boot: Debian's trixie (systemd 257, podman 5.4.2) as a folder. 300 MB; 30 to 70 s.

build_machine() {
    local work=$1 mirror
    need mmdebstrap "install mmdebstrap"
    mirror=$(debian_mirror)
    quietly mmdebstrap --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' --mode=root \
        --include=systemd,systemd-sysv,dbus,podman,crun,conmon,netavark,aardvark-dns,passt,catatonit,iproute2,nftables,procps,uidmap,dbus-user-session,libpam-systemd \
        "$MACHINE" "$work/root" "deb $mirror $MACHINE main" || fail "Debian's $MACHINE cannot be installed into a folder" "the first mirror in apt's sources must be Debian's, and reachable"
    rm -rf "$work"/root/usr/share/{doc,man,locale} "$work"/root/var/cache/apt
    ln -s /dev/null "$work/root/etc/systemd/system/systemd-modules-load.service"
    # A machine without controllers for containers' limits, and whose own limits are those of whoever runs the tests.
    mkdir -p "$work/root/etc/containers"
    printf '%s\n' '[containers]' 'pids_limit = 0' "default_ulimits = [\"nofile=$(ulimit -Hn):$(ulimit -Hn)\", \"nproc=$(ulimit -Hu):$(ulimit -Hu)\"]" \
        >"$work/root/etc/containers/containers.conf"
    [[ $(dpkg-query --admindir="$work/root/var/lib/dpkg" --show --showformat='${Version}' podman) == "$PODMAN"* ]] ||
        fail "Debian's $MACHINE has another podman than $PODMAN" "change the version in scripts/installers/quadlet.sh, and what the tests expect"
}

install_machine() {
    [ "$(id -u)" = 0 ] || fail "only root can make and boot a machine" "run the tests as root"
    if ! command -v mmdebstrap >/dev/null || ! command -v systemd-nspawn >/dev/null; then
        need apt-get "install mmdebstrap and systemd-container"
        say "installing Debian's mmdebstrap and systemd-container"
        quietly apt-get update -q || say "apt's lists could not be renewed"
        DEBIAN_FRONTEND=noninteractive quietly apt-get install -qy --no-install-recommends mmdebstrap systemd-container ||
            fail "Debian's mmdebstrap and systemd-container cannot be installed" "the mirrors in apt's sources must be reachable"
    fi
    make_once "machine-$MACHINE" build_machine
    sed "s#@ROOT@#$TOOLS/machine-$MACHINE/root#" "$HERE/machine" | program machine
}
