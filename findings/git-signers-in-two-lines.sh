#!/bin/sh
# git 2.39.5 with OpenSSH 9.2p1 (the machine's): a key that stands in two lines of `allowed_signers`, for two purposes, signs
# commits or does not by the order of these lines.
#
# One would expect: each line lets a key sign for what its `namespaces` say, as each line of `authorized_keys` does, and the
# order does not matter: a commit, which is signed for "git", is good if one of the lines is for "git".
# What happens: git asks `ssh-keygen -Y find-principals` who has the key. That answers with the first line that has it, and
# looks at no namespace; git then verifies as that principal alone, and refuses a commit that is signed as it should be:
# the answer is that of a broken signature. With the lines the other way round it is good.
#
# Seen, of one commit and one key, `ada@release` for "file" and `ada@git` for "git":
#   file, then git: refused
#   git, then file: good, ada@git
#   find-principals, file first: ada@release
#
# What follows here: of `allowed_signers` in the folder of `--require-signed`, lines that are not for git are left out.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export HOME="$folder" GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=ada GIT_AUTHOR_EMAIL=ada@example.com GIT_COMMITTER_NAME=ada GIT_COMMITTER_EMAIL=ada@example.com
ssh-keygen -q -t ed25519 -N "" -C ada -f key
git init -q repository
git -C repository -c gpg.format=ssh -c user.signingKey="$folder/key.pub" commit -q --allow-empty -S -m signed
echo "ada@release namespaces=\"file\" $(cat key.pub)" >for-files
echo "ada@git namespaces=\"git\" $(cat key.pub)" >for-git
cat for-files for-git >files-first
cat for-git for-files >git-first

verdict() {
  if said=$(git -C repository -c gpg.ssh.allowedSignersFile="$folder/$1" verify-commit HEAD 2>&1); then
    echo "good, $(echo "$said" | sed -n 's/^Good "git" signature for \([^ ]*\) with .*/\1/p')"
  else
    echo refused
  fi
}

git -C repository cat-file commit HEAD | sed -n '/^gpgsig /,/END SSH/{s/^gpgsig //;s/^ //;p;}' >signature
seen=$(
  echo "file, then git: $(verdict files-first)"
  echo "git, then file: $(verdict git-first)"
  echo "find-principals, file first: $(ssh-keygen -Y find-principals -f files-first -s signature)"
)
expected='file, then git: refused
git, then file: good, ada@git
find-principals, file first: ada@release'
git --version
ssh -V 2>&1
echo "$seen"
test "$seen" = "$expected"
