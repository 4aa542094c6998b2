#!/bin/sh
# Stands in for every program of the deployment, under its name: writes where that one writes, listens where it listens, and
# fails where that one would fail.
trap 'exit 0' TERM
name=${0##*/}

write() {
    for file; do echo "$name" >>"$file" || exit 1; done
}

serve() {
    mkdir -p /tmp/www && echo ok >/tmp/www/health || exit 1
    httpd -f -p "$1" -h /tmp/www &
    wait
}

forever() {
    sleep 2147483647 &
    wait
}

# Asks one of the others; the names and ports of all are in the configuration.
reach() {
    address=$(sed -n "/^$1:/,/^[^ ]/ s/^  host: \"\{0,1\}\([^\"]*\).*/\1/p" /etc/clp-config.yaml)
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        wget -q -O /dev/null "http://$address:$2/health" && return
        sleep 1
    done
    echo "$1 is not there"
    exit 1
}

alive() { exec wget -q -O /dev/null "http://127.0.0.1:$1/health"; }

case "$name $*" in
python3\ -c*) exec /usr/bin/python3.11 "$@" ;;
# It takes its time: who does not wait, fails.
mysqld*) sleep 3; write /var/lib/mysql/data /var/log/mysql/mysql.log; serve 3306 ;;
mysqladmin*) [ "$7" = "--password=$MYSQL_PASSWORD" ] || exit 1; alive 3306 ;;
rabbitmq-server*) sleep 3; write /var/log/rabbitmq/rabbitmq.log; serve 5672 ;;
rabbitmq-diagnostics*) alive 5672 ;;
redis-server*) sleep 2; printf %s "$3" >/tmp/password; write /data/data /var/log/redis/redis.log; serve 6379 ;;
redis-cli*) [ "$6" = "$(cat /tmp/password)" ] || exit 1; alive 6379 ;;
mongod*) sleep 3; write /data/db/data /var/log/mongodb/mongod.log; serve 27017 ;;
mongosh*) alive 27017 ;;
*create-db-tables*) reach database 3306; sleep 2 ;;
*initialize-results-cache*) wget -q -O /dev/null "http://$(echo "$5" | sed 's#mongodb://\([^/]*\)/.*#\1#')/health" || exit 1 ;;
*compression_scheduler*) mkdir -p /var/log/user; write /var/log/user/errors "$CLP_LOGS_DIR/log"; reach database 3306; forever ;;
*garbage_collector*) write /var/log/archive-garbage-collector.tmp "$CLP_LOGS_DIR/log" /var/data/archives/list /var/data/streams/list; forever ;;
*executor.compress*|*start-spider-worker*) write "$CLP_WORKER_LOG_PATH" /var/tmp/work /var/data/archives/archive; forever ;;
*executor.query*)
    write "$CLP_WORKER_LOG_PATH" /var/data/streams/stream
    ! touch /var/data/archives/mine 2>/dev/null || exit 1
    forever
    ;;
*query_scheduler*) write "$CLP_LOGS_DIR/log"; reach database 3306; serve 7000 ;;
*reducer*) write "$CLP_LOGS_DIR/log"; reach query_scheduler 7000; forever ;;
*mcp_server*) write "$CLP_LOGS_DIR/log"; serve 8000 ;;
api_server*) write "$CLP_LOGS_DIR/log"; reach database 3306; serve 3001 ;;
log-ingestor*) write "$CLP_LOGS_DIR/log"; serve 3002 ;;
spider_scheduler*) write "$SPIDER_LOG_FILE"; serve 6000 ;;
node-22*) serve "$PORT" ;;
*) echo "nothing stands in for $name $*"; exit 1 ;;
esac
