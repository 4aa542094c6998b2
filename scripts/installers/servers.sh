# The servers that deployments bring along, as far as Debian has them, and the clients that their workloads are: MariaDB,
# RabbitMQ, Redis; Celery and PyMySQL. One root filesystem for all of them, as an archive that `docker import` reads.
#
# The packages are unpacked, not configured: what starts a server makes what it needs, as the servers' own images do.

build_servers() {
    local work=$1 tree root archive
    tree=$(mktemp -d "$TMP/apt-servers.XXXXXX") root=$(mktemp -d "$TMP/root-servers.XXXXXX")
    apt_tree bookworm "$tree"
    APT_CONFIG=$tree/apt.conf quietly apt-get install -qy --download-only --no-install-recommends \
        bash coreutils findutils grep hostname libc-bin mawk procps sed util-linux \
        mariadb-client mariadb-server python3-celery python3-pymysql python3-redis rabbitmq-server redis-server ||
        fail "packages of Debian's bookworm cannot be downloaded" "the mirrors in apt's sources must be reachable"
    for archive in "$tree"/var/cache/apt/archives/*.deb; do dpkg-deb -x "$archive" "$root"; done
    servers_settings "$root"
    tar -C "$root" --owner 0 --group 0 --numeric-owner -cf "$work/root.tar" .
    rm -rf "$tree" "$root"
}

# What the packages' own scripts would have done, as far as it is needed.
servers_settings() {
    local root=$1
    rm -rf "$root"/usr/share/{doc,man,locale,info,lintian} "$root"/etc/mysql/mariadb.conf.d "$root"/usr/lib/erlang/man
    # Tools that no deployment calls, which are half of it.
    rm -rf "$root"/usr/bin/{aria_*,myisam*,innochecksum,mbstream,perror,perl*,resolve_stack_dump} \
        "$root"/usr/bin/mariadb-{backup,binlog,check,conv,dump,import,plugin,show,slap,tzinfo-to-sql,upgrade,waitpid} \
        "$root"/usr/{share,lib/x86_64-linux-gnu}/perl* "$root"/usr/share/bash-completion
    mkdir -p "$root"/{proc,sys,dev,tmp,root,usr/local/bin} "$root"/var/lib/{mysql,rabbitmq} "$root"/var/log/{mysql,rabbitmq,redis}
    chmod 1777 "$root"/tmp "$root"/var/lib/{mysql,rabbitmq} "$root"/var/log/{mysql,rabbitmq,redis}
    printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n' >"$root/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
    ln -sf mawk "$root/usr/bin/awk"
    ln -sf bash "$root/bin/sh"
}

install_servers() {
    make_once servers-bookworm build_servers
}
