#!/bin/sh
# Copies the state folder of a Loadstar that is up: docs/hot-backup.sh STATE_FOLDER NEW_FOLDER
# To restore, copy NEW_FOLDER to where the state folder shall be, and type `./loadstar up`.
set -eu
home=$1 target=$2
checkout=$(cd "$(dirname "$0")/.." && pwd)
umask 077
mkdir "$target" "$target/questdb"

loadstar_python() {
    LOADSTAR_HOME=$home PYTHONPATH=$checkout "$checkout/.venv/bin/python" -c "$@"
}
questdb() {
    loadstar_python 'import sys; from store.series.connection import execute; execute(sys.argv[1])' "$1"
}
# Copies a folder while files in it come and go: tar ends with 1 for those, with more when anything else is wrong.
copy() {
    from=$1 to=$2
    shift 2
    { tar --create --directory "$from" --warning=no-file-changed --warning=no-file-removed "$@" . || echo $? >"$target/.tar"; } |
        tar --extract --directory "$to"
    [ ! -e "$target/.tar" ] || [ "$(cat "$target/.tar")" = 1 ] || exit 1
    rm -f "$target/.tar"
}

# Whatever happens from here on: while a checkpoint is held, QuestDB removes nothing and the disk fills.
trap 'questdb "CHECKPOINT RELEASE"' EXIT
trap 'exit 1' HUP INT TERM
questdb "CHECKPOINT CREATE"
copy "$home/questdb" "$target/questdb"
: >"$target/questdb/_restore" # has QuestDB put the copy right when it is started on it

copy "$home" "$target" --exclude=./questdb --exclude='./records.sqlite3*' \
    --exclude=./logs --exclude=./run --exclude=./maven --exclude=./reserve --exclude=./clock.json
[ ! -e "$home/records.sqlite3" ] || loadstar_python \
    'import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))' \
    "$home/records.sqlite3" "$target/records.sqlite3"
