#!/bin/sh
# Shows igz-apply at work: validate, plan, apply, an empty second plan, and an edit with its one-line plan.
# It needs igz-apply on the PATH and no cluster: the built-in emulator stands in, in the folder .demo.
set -eu

cd "$(dirname "$0")/.."
rm -rf .demo
mkdir .demo
cp -R manifests/examples .demo/manifests
cd .demo

# Nothing of a real cluster may leak in.
unset IGZ_ENDPOINT IGZ_TARGET IGZ_CONFIG V3IO_API V3IO_USERNAME V3IO_PASSWORD V3IO_ACCESS_KEY || true
IGZ_ENDPOINT=embedded:demo.db
export IGZ_ENDPOINT

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

say "1. The manifests" \
    "A small company, declared in YAML: users, groups, projects and app services." \
    "The platform below them is an emulator that listens on this machine (IGZ_ENDPOINT=$IGZ_ENDPOINT)."
run ls manifests
run head -n 14 manifests/group.yaml

say "2. Validate" \
    "Offline: syntax, schema, duplicates, references. Every fault comes with file, line and column."
run igz-apply validate

say "3. Plan" \
    "What would change, in an order in which it could be done. This command cannot write."
run igz-apply plan

say "4. Apply" \
    "Each change waits for what it depends on and for its background jobs, and for nothing else." \
    "-y answers the question that it would ask on a terminal."
run igz-apply apply -y

say "5. Plan again" \
    "The cluster is as the manifests say, so there is nothing to do. With --detailed-exitcode," \
    "0 says so to a pipeline, and 2 would say that there are changes."
run igz-apply plan --detailed-exitcode

say "6. Edit one file" \
    "Ada gets another title. The plan is that one line, and so is what is sent."
sed 's/job_title: Lead data scientist/job_title: Head of data science/' manifests/user.yaml > user.edited
mv user.edited manifests/user.yaml
run igz-apply plan
run igz-apply apply -y

say "7. Somebody changes the cluster by hand" \
    "drift tells what others changed from what changed in git; the next apply puts it back."
run igz-apply service disable jupyter-ada
run igz-apply drift

say "That was it." \
    "The folder .demo holds the manifests, the emulator's state and the inventory: go on from there with" \
    "    cd .demo && igz-apply plan --endpoint embedded:demo.db"
