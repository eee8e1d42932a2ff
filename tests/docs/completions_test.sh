#!/usr/bin/env bash
# Completes command lines in the real shells, on a real replica.
# usage: completions_test.sh SOURCE OFFSYNC

# shellcheck disable=SC2016  # other shells expand these, or nobody does
set -euo pipefail
completions=$1/completions
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

mkdir "$folder/bin" "$folder/work" "$folder/empty"
ln -s "$2" "$folder/bin/offsync"
export PATH=$folder/bin:$PATH HOME=$folder XDG_DATA_HOME=$folder/data XDG_CONFIG_HOME=$folder/config
unset OFFSYNC_HOME
cd "$folder/work"

failures=0
# expect WHAT WANTED GOT: both are lists of lines in any order.
expect() {
  local wanted got
  wanted=$(sort <<<"$2") got=$(sort <<<"$3")
  if [[ $wanted != "$got" ]]; then
    printf '%s: expected\n%s\ngot\n%s\n' "$1" "$wanted" "$got" >&2
    failures=$((failures + 1))
  fi
}

offsync init -q >/dev/null
offsync emit todo.created todo/1 title=one >/dev/null
offsync emit todo.created todo/2 title=two >/dev/null
# Of these fields emit would ask whether they are meant.
offsync emit todo.created todo/2 --data '{"set":{"due date":"x","done?":"y"}}' >/dev/null
offsync emit shop.opened shop/a:b open:=true >/dev/null
id=$(offsync queue export | sed -n '1s/.*"id":"\([^"]*\)".*/\1/p')

in_bash() {
  bash --norc -c '
    source "$1"; shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _offsync
    if ((${#COMPREPLY[@]})); then printf "%s\n" "${COMPREPLY[@]}"; fi
  ' bash "$completions/offsync.bash" "$@"
}
in_fish() {
  fish --no-config -c 'source $argv[1]; complete -C "$argv[2]"' "$completions/offsync.fish" "$1" |
    cut -f 1
}
# zsh completes only in its line editor, so it gets a terminal: the line, then Tab, then a widget that
# prints the line as it is now.
in_zsh() {
  zsh -f -c '
    zmodload zsh/zpty
    zpty z "zsh -f -i"
    zpty -w z "PS1=; PROMPT=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; show() { print -r -- \"<<\$BUFFER>>\"; }; zle -N show; bindkey \"^X\" show; setopt no_auto_remove_slash; print ready"
    zpty -r -m z line "*ready*ready*"
    zpty -w -n z "$2"$'\''\t\030'\''
    zpty -r -m z line "*<<*>>*"
    print -r -- "${${line##*<<}%%>>*}"
    zpty -d z
  ' zsh "$completions" "$1"
}

expect "bash: commands" "state
status" "$(in_bash offsync sta)"
expect "bash: commands to explain" "remote
repair
replay
resolve
recover" "$(in_bash offsync help re)"
expect "bash: no explanation of an explanation" "help" "$(in_bash offsync hel)"
expect "fish: commands to explain" "$(in_bash offsync help re)" "$(in_fish 'offsync help re')"
expect "bash: subjects" "todo/1
todo/2" "$(in_bash offsync state todo)"
expect "bash: subject for emit" "todo/1
todo/2" "$(in_bash offsync emit todo.renamed todo/)"
expect "bash: types" "todo.created" "$(in_bash offsync emit to)"
expect "bash: behind an option with a value" "todo/1
todo/2" "$(in_bash offsync state --remote x todo)"
expect "bash: pending ids" "$id" "$(in_bash offsync queue drop "${id:0:36}")"
expect "bash: nothing to retry" "" "$(in_bash offsync queue retry '')"
expect "bash: a value" "ndjson" "$(in_bash offsync log -o n)"
expect "bash: -C" "" "$(in_bash offsync state -C "$folder/empty" todo)"
cd "$folder/empty"
expect "bash: no replica" "" "$(in_bash offsync state todo)"
expect "bash: the replica of -C" "todo/1
todo/2" "$(in_bash offsync state -C "$folder/work" todo)"
expect "fish: the replica of -C" "todo/1
todo/2" "$(in_fish "offsync state -C $folder/work todo")"
cd "$folder/work"

# Fields as emit takes them: those of the entity's kind; sets have options of their own.
offsync emit todo.created todo/1 hours+=1 --add tags=home >/dev/null
offsync emit x.y other/1 colour=red >/dev/null
expect "bash: fields" "hours+=
title=" "$(in_bash offsync emit todo.renamed todo/9 '')"
expect "bash: a field" "title=" "$(in_bash offsync emit todo.renamed todo/2 x=1 ti)"
expect "bash: fields to unset are those that are there" "title" "$(in_bash offsync emit t todo/2 --unset '')"
expect "bash: sets" "tags=" "$(in_bash offsync emit t todo/9 --add '')"
expect "bash: sets to remove from" "" "$(in_bash offsync emit t todo/2 --remove '')"
expect "bash: any field" "colour=
hours=
open=
tags=
title=" "$(in_bash offsync log --where '')"
expect "bash: entities of log" "todo/1
todo/2" "$(in_bash offsync log todo)"
expect "fish: fields" "hours+=
title=" "$(in_fish 'offsync emit todo.renamed todo/9 ')"
expect "fish: sets" "tags=" "$(in_fish 'offsync emit t todo/9 --add ')"
expect "fish: fields to unset" "title" "$(in_fish 'offsync emit t todo/2 --unset ')"
expect "zsh: a field" "offsync emit todo.renamed todo/9 title=" "$(in_zsh 'offsync emit todo.renamed todo/9 ti')"
expect "zsh: a set" "offsync emit t todo/9 --add tags=" "$(in_zsh 'offsync emit t todo/9 --add t')"

expect "fish: commands" "state
status" "$(in_fish 'offsync sta')"
expect "fish: subjects" "todo/1
todo/2" "$(in_fish 'offsync emit todo.renamed todo/')"
expect "fish: types" "todo.created" "$(in_fish 'offsync log --type to')"
expect "fish: pending ids" "$id" "$(in_fish "offsync queue drop $id")"

expect "zsh: a command" "offsync resolve " "$(in_zsh 'offsync res')"
expect "zsh: a subject" "offsync state todo/" "$(in_zsh 'offsync state to')"
expect "zsh: an option" "offsync emit --unset " "$(in_zsh 'offsync emit --uns')"
expect "zsh: a pending id" "offsync queue drop $id " "$(in_zsh "offsync queue drop ${id:0:35}")"

# Types of the proxy's own are for filters, and emit refuses them; only open conflicts are to be decided.
conflict() { # ID SEQUENCE
  printf '{"specversion":"1.0","id":"%s","source":"/proxy","type":"offsync.conflict","subject":"todo/1","time":"2026-11-23T12:00:00.000Z","stamp":"019ab0e1f000-0000-00000000000000%s","causationid":"x","data":{"conflict":{"field":"title","current":{"stamp":"019ab0e1f000-0000-00000000000000aa","id":"i","source":"/a","value":1},"incoming":{"stamp":"019ab0e1f000-0000-00000000000000bb","id":"j","source":"/b","value":2},"winner":"incoming","rule":"last-write"}},"sequence":"%s","recordedtime":"2026-11-23T12:00:00.000Z"}' "$1" "0$2" "$2"
}
one=11111111-1111-8111-8111-111111111111 two=22222222-2222-8222-8222-222222222222
sqlite3 .offsync/replica.db "UPDATE replica SET cursor = 2, epoch = 'e';
  INSERT INTO log(sequence, source, id, line) VALUES (1, '/proxy', '$one', '$(conflict $one 1)'), (2, '/proxy', '$two', '$(conflict $two 2)');
  INSERT INTO conflict(id, sequence, resolved_by, line) VALUES
    ('$one', 1, NULL, '$(conflict $one 1)'), ('$two', 2, 'somebody', '$(conflict $two 2)');
  VACUUM" # leaves no page with a checksum of what it was
expect "bash: types of log" "offsync.conflict" "$(in_bash offsync log --type off)"
expect "fish: types of log" "offsync.conflict" "$(in_fish 'offsync log --type off')"
expect "bash: types of emit" "" "$(in_bash offsync emit off)"
expect "fish: types of emit" "" "$(in_fish 'offsync emit off')"
expect "zsh: types of emit" "offsync emit off" "$(in_zsh 'offsync emit off')"
for command in "conflicts show" resolve; do
  # shellcheck disable=SC2086
  expect "bash: $command" "$one" "$(in_bash offsync $command '')"
  expect "fish: $command" "$one" "$(in_fish "offsync $command ")"
  expect "zsh: $command" "offsync $command $one " "$(in_zsh "offsync $command ")"
done
expect "bash: a second conflict" "$one" "$(in_bash offsync resolve x '')"

# A subject is data, whatever stands in it: completing it runs nothing.
offsync emit evil.created 'evil/$(touch pwned)`touch pwned`' a=b >/dev/null
expect "bash: a hostile subject" 'evil/\$\(touch\ pwned\)\`touch\ pwned\`' "$(in_bash offsync state ev)"
expect "fish: a hostile subject" 'evil/$(touch pwned)`touch pwned`' "$(in_fish 'offsync state ev')"
expect "zsh: a hostile subject" 'offsync state evil/\$\(touch\ pwned\)\`touch\ pwned\` ' "$(in_zsh 'offsync state ev')"
[[ ! -e pwned ]] || {
  printf 'completing a subject has run it\n' >&2
  failures=$((failures + 1))
}
exit $((failures > 0))
