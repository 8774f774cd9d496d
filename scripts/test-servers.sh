#!/bin/sh
# Runs a command beside throw-away database servers, and removes them when it ends:
#
#     scripts/test-servers.sh run swift test
#
# Two PostgreSQL and two MariaDB servers, on free ports of 127.0.0.1, with data directories of their own, never as root.
# The second of each kind is for tests that stop and start it:
#
#     scripts/test-servers.sh stop|kill|start|pause|resume postgresql-2|mysql-2
#
# They write every statement to their logs, which tests read; not so with UNIFY_TEST_SERVERS_QUIET=1, for benchmarks.
set -eu

postgresql_bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
password=unify-test-password

# Databases refuse to run as root; the command itself may.
as_nobody() {
    if [ "$(id -u)" -eq 0 ]; then set -- setpriv --reuid nobody --regid nogroup --clear-groups "$@"; fi
    "$@"
}

# In the background, as the process whose number is written down. Descriptors that the caller left open are closed: some
# programs wait for a child until the last holder of one of them ends.
serve_as_nobody() {
    if [ "$(id -u)" -eq 0 ]; then set -- setpriv --reuid nobody --regid nogroup --clear-groups "$@"; fi
    set -- python3 -c 'import os, sys; os.closerange(3, 1024); os.execvp(sys.argv[1], sys.argv[1:])' "$@"
    exec "$@"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

wait_for() {
    for _ in $(seq 600); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    echo "A test server did not start:" >&2
    tail -n 5 "$UNIFY_TEST_SERVERS"/*/log >&2
    return 1
}

# Two certificates for localhost and for what could be another machine, each signed by itself. The first servers of each
# kind have one of them.
make_certificates() {
    for name in certificate other; do
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=localhost" \
            -addext "subjectAltName=DNS:localhost,DNS:db.example.org" -keyout "$UNIFY_TEST_SERVERS/$name.key" \
            -out "$UNIFY_TEST_SERVERS/$name.pem" 2>/dev/null
    done
}

has_certificate() { [ "${1#*-}" = 1 ]; }

take_certificate() {
    for file in certificate.pem certificate.key; do cp "$UNIFY_TEST_SERVERS/$file" "$UNIFY_TEST_SERVERS/$1/"; done
    [ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$UNIFY_TEST_SERVERS/$1"/certificate.*
    chmod 600 "$UNIFY_TEST_SERVERS/$1/certificate.key"
}

prepare_postgresql() {
    folder=$UNIFY_TEST_SERVERS/$1
    printf '%s' "$password" >"$folder/password"
    as_nobody "$postgresql_bin/initdb" -D "$folder/data" -U admin -A scram-sha-256 --pwfile="$folder/password" \
        --no-sync -E UTF8 --locale=C >"$folder/log" 2>&1
    cat >>"$folder/data/postgresql.conf" <<EOF
listen_addresses = '127.0.0.1'
port = $(cat "$folder/port")
unix_socket_directories = ''
max_connections = 300
fsync = off
log_statement = $([ -n "${UNIFY_TEST_SERVERS_QUIET:-}" ] && echo none || echo all)
log_line_prefix = '%u@%d '
EOF
    has_certificate "$1" || return 0
    cat >>"$folder/data/postgresql.conf" <<EOF
ssl = on
ssl_cert_file = '$folder/certificate.pem'
ssl_key_file = '$folder/certificate.key'
EOF
}

launch_postgresql() {
    folder=$UNIFY_TEST_SERVERS/$1
    serve_as_nobody "$postgresql_bin/postgres" -D "$folder/data" >>"$folder/log" 2>&1 &
    echo $! >"$folder/pid"
}

answers_postgresql() {
    env PGPASSWORD="$password" PGCONNECT_TIMEOUT=5 "$postgresql_bin/psql" -h 127.0.0.1 -p "$(cat "$UNIFY_TEST_SERVERS/$1/port")" -U admin \
        -d postgres -c 'SELECT 1' >/dev/null 2>&1
}

# A server that was killed leaves processes which end a moment later; until then the next one refuses to start, and is
# started again.
ready_postgresql() {
    if answers_postgresql "$1"; then return 0; fi
    if has_ended "$1"; then launch_postgresql "$1"; fi
    return 1
}

start_postgresql() {
    launch_postgresql "$1"
    wait_for ready_postgresql "$1"
}

mysql_admin() {
    port=$(cat "$UNIFY_TEST_SERVERS/$1/port")
    shift
    mariadb -h 127.0.0.1 -P "$port" -u root -p"$password" "$@"
}

prepare_mysql() {
    folder=$UNIFY_TEST_SERVERS/$1
    as_nobody mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal \
        --skip-test-db >"$folder/log" 2>&1
    # One statement a line, as the server reads the file.
    cat >"$folder/init.sql" <<EOF
CREATE OR REPLACE USER root@localhost IDENTIFIED BY '$password';
CREATE OR REPLACE USER root@127.0.0.1 IDENTIFIED BY '$password';
GRANT ALL ON *.* TO root@127.0.0.1 WITH GRANT OPTION;
EOF
}

start_mysql() {
    folder=$UNIFY_TEST_SERVERS/$1
    first=""
    [ -f "$folder/started" ] || first="--init-file=$folder/init.sql"
    general=1
    [ -z "${UNIFY_TEST_SERVERS_QUIET:-}" ] || general=0
    encryption=""
    ! has_certificate "$1" || encryption="--ssl-cert=$folder/certificate.pem --ssl-key=$folder/certificate.key"
    # shellcheck disable=SC2086
    serve_as_nobody mariadbd --no-defaults --datadir="$folder/data" --bind-address=127.0.0.1 \
        --port="$(cat "$folder/port")" --socket="$folder/socket" --pid-file="$folder/mariadbd.pid" \
        --max-connections=300 --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=64M --skip-name-resolve \
        --general-log=$general --general-log-file="$folder/general.log" $encryption $first >>"$folder/log" 2>&1 &
    echo $! >"$folder/pid"
    wait_for mariadb --connect-timeout=5 -h 127.0.0.1 -P "$(cat "$folder/port")" -u root -p"$password" -e 'SELECT 1'
    touch "$folder/started"
}

# The first block of SQL under a heading of docs/engines.md, exactly as an operator copies it, with a password put in.
documented_grants() {
    awk -v heading="### $1, step by step" -v password="$password" '
        $0 == heading { found = 1 }
        found && /^```$/ { exit }
        inside { gsub(/…/, password); print }
        found && /^```sql$/ { inside = 1 }' "$(dirname "$0")/../docs/engines.md"
}

# The logins with which the tests make databases: with the rights that docs/engines.md grants, and no others.
make_logins() {
    for name in postgresql-1 postgresql-2; do
        documented_grants PostgreSQL | PGPASSWORD="$password" "$postgresql_bin/psql" -q -v ON_ERROR_STOP=1 \
            -h 127.0.0.1 -p "$(cat "$UNIFY_TEST_SERVERS/$name/port")" -U admin -d postgres
    done
    for name in mysql-1 mysql-2; do documented_grants "MySQL and MariaDB" | mysql_admin "$name"; done
}

kind_of() { echo "${1%-*}"; }

start() {
    if [ -f "$UNIFY_TEST_SERVERS/$1/pid" ] && ! has_ended "$1"; then return 0; fi
    "start_$(kind_of "$1")" "$1"
}

signal() { kill "-$2" "$(cat "$UNIFY_TEST_SERVERS/$1/pid")"; }

# The server's process and those that it has started, which go on without it.
signal_all() {
    pid=$(cat "$UNIFY_TEST_SERVERS/$1/pid")
    # shellcheck disable=SC2046
    kill "-$2" "$pid" $(pgrep -P "$pid") 2>/dev/null || true
}

has_ended() {
    # A child of the script that began it stays a zombie until that one waits.
    case "$(ps -o stat= -p "$(cat "$UNIFY_TEST_SERVERS/$1/pid")" 2>/dev/null)" in "" | Z*) return 0 ;; esac
    return 1
}

wait_for_end() {
    for _ in $(seq 600); do
        if has_ended "$1"; then return 0; fi
        sleep 0.1
    done
    echo "The test server $1 did not end." >&2
    return 1
}

remove() {
    for name in postgresql-1 postgresql-2 mysql-1 mysql-2; do
        [ ! -f "$UNIFY_TEST_SERVERS/$name/pid" ] || signal_all "$name" CONT
        [ ! -f "$UNIFY_TEST_SERVERS/$name/pid" ] || signal "$name" KILL 2>/dev/null || true
    done
    # Those that were lost from sight; a paused one would be waited for.
    pkill -KILL -f "$UNIFY_TEST_SERVERS/" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$UNIFY_TEST_SERVERS"
}

run() {
    UNIFY_TEST_SERVERS=$(mktemp -d /tmp/unify-test-servers.XXXXXX)
    export UNIFY_TEST_SERVERS
    chmod 755 "$UNIFY_TEST_SERVERS"
    trap remove EXIT
    trap 'exit 1' INT TERM HUP
    make_certificates
    for name in postgresql-1 postgresql-2 mysql-1 mysql-2; do
        mkdir "$UNIFY_TEST_SERVERS/$name"
        free_port >"$UNIFY_TEST_SERVERS/$name/port"
        ! has_certificate "$name" || take_certificate "$name"
        [ "$(id -u)" -ne 0 ] || chown -R nobody:nogroup "$UNIFY_TEST_SERVERS/$name"
        "prepare_$(kind_of "$name")" "$name"
        start "$name"
    done
    make_logins
    for kind in postgresql mysql; do
        upper=$(echo "$kind" | tr '[:lower:]' '[:upper:]')
        export "UNIFY_TEST_${upper}_URL=$kind://unify_provisioner:$password@127.0.0.1:$(cat "$UNIFY_TEST_SERVERS/$kind-1/port")"
        administrator=admin
        [ "$kind" = postgresql ] || administrator=root
        export "UNIFY_TEST_${upper}_ADMIN_URL=$kind://$administrator:$password@127.0.0.1:$(cat "$UNIFY_TEST_SERVERS/$kind-1/port")"
        export "UNIFY_TEST_${upper}_2_URL=$kind://unify_provisioner:$password@127.0.0.1:$(cat "$UNIFY_TEST_SERVERS/$kind-2/port")"
    done
    echo "PostgreSQL: $("$postgresql_bin/postgres" --version). MariaDB: $(mariadbd --version)."
    if [ -n "${UNIFY_TEST_SQLSERVER_URL:-}" ]; then
        echo "SQL Server: its suites run on the server that UNIFY_TEST_SQLSERVER_URL names."
    else
        echo "SQL Server: no suite runs; set UNIFY_TEST_SQLSERVER_URL=sqlserver://LOGIN:PASSWORD@HOST:PORT to run them."
    fi
    "$@"
}

command=${1:-}
[ $# -eq 0 ] || shift
case "$command" in
run) run "$@" ;;
start) start "$1" ;;
stop)
    # Each ends at once, without waiting for its clients.
    case "$1" in postgresql-*) signal "$1" INT ;; *) signal "$1" TERM ;; esac
    wait_for_end "$1"
    ;;
kill) signal_all "$1" KILL && wait_for_end "$1" ;;
pause) signal_all "$1" STOP ;;
resume) signal_all "$1" CONT ;;
*)
    sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
    exit 64
    ;;
esac
