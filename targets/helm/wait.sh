# Waits until the objects of the API are as they should be. $0 is the directory with the token and
# the certificate; the arguments are the path of an object on which completed jobs are noted, and
# triples of a key, the least number, and the path of an object.
set -u
notes=$1
shift
address="https://kubernetes.default.svc"

if command -v curl >/dev/null 2>&1; then
    client=curl
elif command -v python3 >/dev/null 2>&1; then
    client=python3
elif wget --help 2>&1 | grep -q -e --ca-certificate; then
    client=wget
else
    echo "the image has none of curl, python3 and GNU wget to ask the API with" >&2
    exit 1
fi

python='
import ssl, sys, urllib.request
directory, url, change = sys.argv[1:]
try:
    headers = {"Authorization": "Bearer " + open(directory + "/token").read().strip()}
    context = ssl.create_default_context(cafile=directory + "/ca.crt")
    if change:
        headers["Content-Type"] = "application/merge-patch+json"
    method = "PATCH" if change else "GET"
    request = urllib.request.Request(url, change.encode() or None, headers, method=method)
    print(urllib.request.urlopen(request, timeout=10, context=context).read().decode())
except Exception as problem:
    sys.exit(str(problem))
'

# Asks for an object, or changes it where a change is given.
ask() {
    url=$address$1
    change=${2:-}
    type="Content-Type: application/merge-patch+json"
    case $client in
    curl)
        set -- --silent --show-error --fail --max-time 10 --cacert "$0/ca.crt" --config -
        [ -z "$change" ] || set -- "$@" --request PATCH --header "$type" --data "$change"
        printf 'header = "Authorization: Bearer %s"\n' "$(cat "$0/token")" | curl "$@" "$url"
        ;;
    python3)
        python3 -c "$python" "$0" "$url" "$change"
        ;;
    wget)
        set -- --no-verbose --timeout=10 --tries=1 --ca-certificate="$0/ca.crt" --output-document=-
        [ -z "$change" ] || set -- "$@" --method=PATCH --header="$type" --body-data="$change"
        wget "$@" --header="Authorization: Bearer $(cat "$0/token")" "$url"
        ;;
    esac
}

# The number that an object has under a key; of pods, how many run or have run.
number() {
    if [ "$1" = phase ]; then
        grep -o -E '"phase": *"(Running|Succeeded)"' | wc -l
    else
        sed -n "s/.*\"$1\": *\([0-9][0-9]*\).*/\1/p"
    fi
}

# Whether an object is as it should be.
holds() {
    answer=$(ask "$3") &&
        found=$(printf '%s\n' "$answer" | number "$1") &&
        [ "${found:-0}" -ge "$2" ]
}

# A job that has completed may be deleted: whoever sees it first notes it.
note() {
    [ "$1" != succeeded ] ||
        ask "$notes" "{\"metadata\":{\"annotations\":{\"completed.clp-gen/${3##*/}\":\"true\"}}}" >/dev/null
}

noted() {
    [ "$1" = succeeded ] && ask "$notes" | grep -q -F "completed.clp-gen/${3##*/}\""
}

while [ $# -gt 0 ]; do
    echo "waiting for $1 >= $2 of $3"
    until holds "$1" "$2" "$3" && note "$1" "$2" "$3" || noted "$1" "$2" "$3"; do
        sleep 2
    done
    shift 3
done
