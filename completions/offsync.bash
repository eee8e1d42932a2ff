# bash completion for offsync(1)                                          -*- shell-script -*-
# Everything dynamic comes from the local replica: no network is asked, nothing is printed.

# Runs offsync on the replica that the command line names.
_offsync_ask() {
    local -a where=()
    local i
    for ((i = 1; i < cword; i++)); do
        case ${words[i]} in
            -C | --directory) where=(-C "${words[i + 1]}") ;;
        esac
    done
    command offsync "$1" "${where[@]}" -q -o ndjson "${@:2}" 2>/dev/null
}

_offsync_subjects() {
    _offsync_ask state --offline "$cur*" | sed -n '1000q; s/^{"subject":"\([^"\\]*\)".*/\1/p'
}

_offsync_types() {
    _offsync_ask log --pending -n 500 | sed -n 's/.*,"type":"\([^"\\]*\)","subject":.*/\1/p' | sort -u
}

_offsync_sources() {
    _offsync_ask log --pending -n 500 | sed -n 's/.*,"source":"\([^"\\]*\)","type":.*/\1/p' | sort -u
}

# _offsync_pending STATES: ids of the queue, e.g. 'rejected\|queued'.
_offsync_pending() {
    _offsync_ask queue list |
        sed -n "1000q; s/^{\"n\":[0-9]*,\"state\":\"\\($1\\)\".*\"event\":{\"specversion\":\"1.0\",\"id\":\"\\([^\"\\\\]*\\)\".*/\\2/p"
}

_offsync_lost() {
    _offsync_ask recover list |
        sed -n '1000q; s/^{"sequence":"[0-9]*","event":{"specversion":"1.0","id":"\([^"\\]*\)".*/\1/p'
}

_offsync_conflicts() {
    _offsync_ask conflicts --offline | sed -n '1000q; s/^{"id":"\([^"\\]*\)".*/\1/p'
}

# _offsync_fields KIND GLOB: the fields of this kind (register, counter, set) that entities have, but
# for names with a blank or a mark at the end, which emit would question.
_offsync_fields() {
    _offsync_ask state --offline --fields "$2" |
        sed -nE "1000q; s/^\{\"field\":\"([^\"\\[:blank:]]*(_|[^[:punct:][:blank:]]))\",\"kind\":\"$1\"\}\$/\1/p"
}

# What may stand behind TYPE and the entity $1: the fields of its kind as emit takes them.
_offsync_assignments() {
    local kind="${1%%/*}/*"
    _offsync_fields register "$kind" | sed 's/$/=/'
    _offsync_fields counter "$kind" | sed 's/$/+=/'
}

# Offers the lines of standard input that begin with the current word. Not with compgen -W: that
# would expand what stands in them, and a subject may be $(anything).
_offsync_offer() {
    local line quoted
    while IFS= read -r line; do
        [[ $line == "$cur"* ]] || continue
        printf -v quoted %q "$line"
        COMPREPLY+=("$quoted")
    done
}

# The same, for words that go on.
_offsync_offer_open() {
    compopt -o nospace 2>/dev/null
    _offsync_offer
}

_offsync_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
}

_offsync_options() {
    local common='-C --directory -o --output --json --color --no-pager -q --quiet -h --help'
    local tls='--cacert --cert --key'
    local filters='--type --subject --source --since --until --after --where -n'
    case $1 in
        '') printf '%s' "$common -V --version" ;;
        init) printf '%s' "$common --remote --source --user" ;;
        emit)
            printf '%s' "$common --unset --add --remove --create --delete --data --batch --strict --dry-run"
            ;;
        sync) printf '%s' "$common --push --pull --dry-run --remote $tls" ;;
        watch) printf '%s' "$common $filters --from --timeout --exec --exec-fail --consumer --forget --remote $tls" ;;
        replay) printf '%s' "$common $filters --stamps --strict $tls" ;;
        log) printf '%s' "$common $filters --pending" ;;
        state) printf '%s' "$common --offline --require-proxy --stamps --fields --remote $tls" ;;
        queue) printf '%s' "$common --all --source" ;;
        recover) printf '%s' "$common --all --source" ;;
        remote) printf '%s' "$common --switch $tls" ;;
        conflicts) printf '%s' "$common --all --exit-code --offline --require-proxy --remote $tls" ;;
        resolve) printf '%s' "$common --all --ours --theirs --current --incoming --keep --value --remote $tls" ;;
        status) printf '%s' "$common --check --offline --require-proxy --remote $tls" ;;
        doctor) printf '%s' "$common --file" ;;
        repair) printf '%s' "$common" ;;
    esac
}

_offsync_commands() {
    printf '%s\n' init emit sync watch replay log state queue recover conflicts resolve status remote doctor repair
}

# Options that take a value.
_offsync_takes_value() {
    case $1 in
        -C | --directory | -o | --output | --color | --remote | --cacert | --cert | --key | --source | --unset | --add | --remove | \
            --data | --batch | --file | --type | --subject | --since | --until | --after | --where | --from | \
            --timeout | --exec | --exec-fail | --consumer | --value | -n) return 0 ;;
        *) return 1 ;;
    esac
}

# The value of the option before the cursor.
_offsync_value() {
    case $prev in
        -C | --directory) _offsync_files -d ;;
        -o | --output) mapfile -t COMPREPLY < <(compgen -W 'text json ndjson' -- "$cur") ;;
        --color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur") ;;
        --batch | --file | --cacert | --cert | --key) _offsync_files -f ;;
        --data)
            [[ $cur == @* ]] && mapfile -t COMPREPLY < <(compgen -P @ -f -- "${cur#@}")
            ;;
        --from) mapfile -t COMPREPLY < <(compgen -W 'stored now beginning' -- "$cur") ;;
        --exec-fail) mapfile -t COMPREPLY < <(compgen -W 'continue stop' -- "$cur") ;;
        --exec) mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
        --type) _offsync_offer < <(_offsync_types) ;;
        --source)
            [[ $command != init ]] && _offsync_offer < <(_offsync_sources)
            ;;
        --subject) _offsync_offer < <(_offsync_subjects) ;;
        --unset) _offsync_offer < <(_offsync_fields register "$entity") ;;
        --add) _offsync_offer_open < <(_offsync_fields set "${entity%%/*}/*" | sed 's/$/=/') ;;
        --remove) _offsync_offer_open < <(_offsync_fields set "$entity" | sed 's/$/=/') ;;
        --where) _offsync_offer_open < <(_offsync_fields '[a-z]*' '*' | sed 's/$/=/') ;;
    esac
}

# The positional arguments; $1 is how many stand before the cursor, $2 the first of them.
_offsync_argument() {
    case $command:$1 in
        emit:0) _offsync_offer < <(_offsync_types | grep -v '^offsync\.') ;;
        emit:1 | state:0 | log:0) _offsync_offer < <(_offsync_subjects) ;;
        emit:*) _offsync_offer_open < <(_offsync_assignments "$entity") ;;
        queue:0) _offsync_offer < <(printf '%s\n' list show retry drop export) ;;
        queue:1)
            case $2 in
                show) _offsync_offer < <(_offsync_pending '[a-z]*') ;;
                retry) _offsync_offer < <(_offsync_pending rejected) ;;
                drop) _offsync_offer < <(_offsync_pending 'rejected\|queued') ;;
            esac
            ;;
        recover:0) _offsync_offer < <(printf '%s\n' list send drop) ;;
        recover:*) [[ $2 != list ]] && _offsync_offer < <(_offsync_lost) ;;
        remote:0) _offsync_offer < <(printf '%s\n' show set) ;;
        conflicts:0) _offsync_offer < <(printf '%s\n' list show) ;;
        conflicts:1) [[ $2 == show ]] && _offsync_offer < <(_offsync_conflicts) ;;
        resolve:*) _offsync_offer < <(_offsync_conflicts) ;;
        replay:0) _offsync_files -f ;;
        help:0) _offsync_offer < <(_offsync_commands) ;;
    esac
}

_offsync() {
    local cur prev cword command='' first='' entity='' count=0 i
    local -a words
    COMPREPLY=()
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n := cur prev words cword
    else
        words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
        cur=${words[cword]} prev=${words[cword - 1]}
    fi
    for ((i = 1; i < cword; i++)); do
        if _offsync_takes_value "${words[i]}"; then
            ((i++))
        elif [[ ${words[i]} != -* ]]; then
            if [[ -z $command ]]; then
                command=${words[i]}
            else
                ((count++ == 0)) && first=${words[i]}
                ((count == 2)) && entity=${words[i]}
            fi
        fi
    done
    if _offsync_takes_value "$prev"; then
        _offsync_value
    elif [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_offsync_options "$command")" -- "$cur")
    elif [[ -z $command ]]; then
        _offsync_offer < <(_offsync_commands; echo help)
    else
        _offsync_argument "$count" "$first"
    fi
    # readline replaces only what stands behind the last colon.
    if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}")
    fi
}

complete -o bashdefault -F _offsync offsync
