#!/bin/sh
# A throw-away PostgreSQL: prints its URL, and is gone as soon as standard input ends, however its user ends.
# Usage: postgres.sh PORT. MAINTBOT_TEST_FSYNC=on makes it flush to disk, for tests that kill things.
set -eu
port=$1

found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -z "$found" ] || PATH=$found:$PATH
if ! command -v initdb >/dev/null || ! command -v postgres >/dev/null; then
    echo "PostgreSQL is missing and the tests need it. Install it with: apt-get install postgresql" >&2
    exit 1
fi

# The server refuses to run as root.
as_user() {
    if [ "$(id -u)" = 0 ]; then
        exec setpriv --reuid=postgres --regid=postgres --clear-groups --pdeathsig=INT -- "$@"
    fi
    exec "$@"
}

dir=$(mktemp -d "${TMPDIR:-/tmp}/maintbot-postgres.XXXXXX")
server=
clean_up() {
    trap - EXIT
    if [ -n "$server" ]; then
        kill -INT "$server" 2>/dev/null || true
        wait "$server" || true
    fi
    rm -rf "$dir"
}
trap clean_up EXIT
# PIPE: nobody is left to read the URL.
trap 'exit 1' INT TERM HUP PIPE
[ "$(id -u)" != 0 ] || chown postgres "$dir"
cd "$dir"

if ! (as_user initdb -D "$dir/data" -U postgres -A trust -E UTF8 --no-locale --no-sync) >"$dir/log" 2>&1; then
    cat "$dir/log" >&2
    exit 1
fi
fsync=${MAINTBOT_TEST_FSYNC:-off}
(as_user postgres -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$dir" \
    -c max_connections=200 -c fsync="$fsync" -c synchronous_commit="$fsync" -c full_page_writes="$fsync") \
    >"$dir/log" 2>&1 </dev/null &
server=$!

ready=
for _ in $(seq 300); do
    kill -0 "$server" 2>/dev/null || break
    if pg_isready -q -h 127.0.0.1 -p "$port" -U postgres; then
        ready=yes
        break
    fi
    sleep 0.05
done
# Somebody else may hold the port and answer there: ours has to be alive a moment later.
if [ -z "$ready" ] || ! grep -q 'ready to accept connections' "$dir/log"; then
    cat "$dir/log" >&2
    exit 1
fi
echo "postgres://postgres@127.0.0.1:$port/postgres"

# Ends when nobody holds the other side any more.
cat >/dev/null
