#!/bin/bash
# What the images of the servers do when they start, as far as deployments ask for it: which server, its environment says.
set -euo pipefail

# A text in quotes of SQL.
quoted() { local text=${1//\\/\\\\}; printf "'%s'" "${text//\'/\\\'}"; }

database() {
    local options=(--no-defaults --datadir=/var/lib/mysql --character-set-server=utf8mb4 --socket=/tmp/mysqld.sock)
    if [ ! -d /var/lib/mysql/mysql ]; then
        mariadb-install-db "${options[@]}" --auth-root-authentication-method=normal --skip-test-db >/tmp/installed
        # One statement a line; it is done before the port is opened.
        printf '%s\n' \
            "CREATE DATABASE \`$MYSQL_DATABASE\`;" \
            "CREATE USER $(quoted "$MYSQL_USER")@'%' IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");" \
            "GRANT ALL ON \`$MYSQL_DATABASE\`.* TO $(quoted "$MYSQL_USER")@'%';" \
            "CREATE USER 'root'@'%' IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");" \
            "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;" >/tmp/first.sql
        options+=(--init-file=/tmp/first.sql)
    fi
    exec mariadbd "${options[@]}"
}

queue() {
    export RABBITMQ_ENABLED_PLUGINS_FILE=/dev/null RABBITMQ_MNESIA_BASE=/tmp/mnesia
    exec /usr/lib/rabbitmq/bin/rabbitmq-server
}

if [ -n "${MYSQL_DATABASE:-}" ] && [ $# = 0 ]; then database; fi
if [ -n "${RABBITMQ_DEFAULT_USER:-}" ] && [ $# = 0 ]; then queue; fi
exec "$@"
