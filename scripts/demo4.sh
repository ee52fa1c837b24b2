#!/bin/sh
# The same tour on Iguazio 4: validate, plan, apply, an empty second plan, an edit, and drift.
# It needs igz-apply on the PATH and no cluster: the emulator of Iguazio 4 stands in, over HTTP, in the folder .demo4.
set -eu

cd "$(dirname "$0")/.."
rm -rf .demo4
mkdir .demo4
cp -R manifests/examples/iguazio4 .demo4/manifests
cd .demo4

# Nothing of a real cluster may leak in.
unset IGZ_ENDPOINT IGZ_TARGET IGZ_CONFIG IGZ_PLATFORM IGZ_OFFLINE_TOKEN IGZ_SERVICE_ACCOUNT_TOKEN_FILE || true
unset V3IO_API V3IO_USERNAME V3IO_PASSWORD V3IO_ACCESS_KEY || true

say() {
    printf '\n\n==> %s\n' "$1"
    shift
    for text in "$@"; do
        printf '    %s\n' "$text"
    done
    printf '\n'
}

run() {
    printf '$ %s\n' "$*"
    "$@"
}

# Its greeting is what a shell needs to know: the address, and an offline token that everybody knows.
igz-apply emulator --platform iguazio4 --listen 127.0.0.1:0 --db cluster.db >greeting &
emulator=$!
trap 'kill $emulator 2>/dev/null' EXIT
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    if grep -q IGZ_OFFLINE_TOKEN greeting; then break; fi
    sleep 0.5
done
eval "$(grep '^export' greeting)"

say "1. The manifests" \
    "A small company: groups in a tree, users, projects with six roles, and who holds a policy." \
    "The emulator of Iguazio 4 listens on this machine ($IGZ_ENDPOINT)."
run ls manifests
run head -n 22 manifests/group.yaml

say "2. Validate" \
    "Offline. That these are manifests for Iguazio 4 is told by their apiVersion."
run igz-apply validate

say "3. Plan" \
    "Parents before what is inside them; policies are looked up on the cluster. This command cannot write."
run igz-apply plan

say "4. Apply" \
    "Projects are operations in the background, and are awaited; the rest is answered at once."
run igz-apply apply -y

say "5. Plan again" \
    "The cluster is as the manifests say, so there is nothing to do."
run igz-apply plan --detailed-exitcode

say "6. Edit one file" \
    "A project gets another description. It is sent with the witness of what was read right before."
sed 's/description: Which customers are about to leave/description: Who is about to leave, and why/' \
    manifests/project.yaml >project.edited
mv project.edited manifests/project.yaml
run igz-apply plan
run igz-apply apply -y

say "7. Somebody changes the cluster by hand" \
    "drift tells what others changed from what changed in git; the next apply puts it back."
cat >by_hand.py <<'EOF'
import os

from igz_apply.iguazio4.client import Client, credentials_from

with Client(endpoint=os.environ["IGZ_ENDPOINT"], credentials=credentials_from(os.environ)) as client:
    client.update_user("linus@corvid.example", last_name="Torvalds")
EOF
run python by_hand.py
run igz-apply drift
run igz-apply apply -y

say "That was it." \
    "The folder .demo4 holds the manifests, the cluster's state and the inventory: go on from there with" \
    "    cd .demo4 && igz-apply emulator --platform iguazio4 --db cluster.db"
