# bash completion for offsync-proxy(8)                                    -*- shell-script -*-

_offsync_proxy() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    case $prev in
        --config | --log-file | --pidfile | --ready-file | --tls-cert | --tls-key | --tls-client-ca)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            ;;
        --log-level) mapfile -t COMPREPLY < <(compgen -W 'debug info warn error' -- "$cur") ;;
        --log-format) mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur") ;;
        --listen | --store | --threads | --max-streams | --heartbeat | --*-timeout | --cors-origins | --space | --keep | --before | --older-than) ;;
        *)
            mapfile -t COMPREPLY < <(compgen -W 'check compact --listen --store --config --daemon --pidfile --ready-file
                --threads --max-streams --heartbeat --stall-timeout --header-timeout --body-timeout
                --idle-timeout --tls-cert --tls-key --tls-client-ca --cors-origins --log-level --log-format --log-file --check-config
                --new-epoch --space --keep --before --older-than --dry-run -V --version -h --help' -- "$cur")
            ;;
    esac
}

complete -F _offsync_proxy offsync-proxy
