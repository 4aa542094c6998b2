# Waits until the objects of the API are as they should be. $0 is the directory with the token and
# the certificate; the arguments are triples of a key, the least number, and the path of an object.
set -u
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
directory, url = sys.argv[1:]
try:
    headers = {"Authorization": "Bearer " + open(directory + "/token").read().strip()}
    context = ssl.create_default_context(cafile=directory + "/ca.crt")
    request = urllib.request.Request(url, headers=headers)
    print(urllib.request.urlopen(request, timeout=10, context=context).read().decode())
except Exception as problem:
    sys.exit(str(problem))
'

ask() {
    case $client in
    curl)
        printf 'header = "Authorization: Bearer %s"\n' "$(cat "$0/token")" |
            curl --silent --show-error --fail --max-time 10 --cacert "$0/ca.crt" --config - "$1"
        ;;
    python3)
        python3 -c "$python" "$0" "$1"
        ;;
    wget)
        wget --no-verbose --timeout=10 --tries=1 --ca-certificate="$0/ca.crt" --output-document=- \
            --header="Authorization: Bearer $(cat "$0/token")" "$1"
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

while [ $# -gt 0 ]; do
    echo "waiting for $1 >= $2 of $3"
    until answer=$(ask "$address$3") &&
        found=$(printf '%s\n' "$answer" | number "$1") &&
        [ "${found:-0}" -ge "$2" ]; do
        sleep 2
    done
    shift 3
done
