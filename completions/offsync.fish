# fish completion for offsync(1)
# Everything dynamic comes from the local replica: no network is asked, nothing is printed.

# Runs offsync on the replica that the command line names.
function __offsync_ask
    set -l where
    set -l tokens (commandline -opc)
    for i in (seq 2 (count $tokens))
        if contains -- $tokens[$i] -C --directory
            set where -C $tokens[(math $i + 1)]
        end
    end
    command offsync $argv[1] $where -q -o ndjson $argv[2..] 2>/dev/null
end

function __offsync_subjects
    __offsync_ask state --offline (commandline -ct)'*' | head -n 1000 | string replace -rf '^\{"subject":"([^"\\\\]*)".*' '$1'
end

function __offsync_types
    __offsync_ask log --pending -n 500 | string replace -rf '.*,"type":"([^"\\\\]*)","subject":.*' '$1' | sort -u
end

function __offsync_sources
    __offsync_ask log --pending -n 500 | string replace -rf '.*,"source":"([^"\\\\]*)","type":.*' '$1' | sort -u
end

# __offsync_pending STATES: ids of the queue, e.g. 'rejected|queued'.
function __offsync_pending
    __offsync_ask queue list | head -n 1000 |
        string replace -rf '^\{"n":\d+,"state":"('$argv[1]')".*"event":\{"specversion":"1.0","id":"([^"\\\\]*)".*' '$2'
end

function __offsync_lost
    __offsync_ask recover list | head -n 1000 |
        string replace -rf '^\{"sequence":"\d+","event":\{"specversion":"1.0","id":"([^"\\\\]*)".*' '$1'
end

function __offsync_conflicts
    __offsync_ask conflicts --offline | head -n 1000 | string replace -rf '^\{"id":"([^"\\\\]*)".*' '$1'
end

# __offsync_fields KIND GLOB: the fields of this kind (register, counter, set) that entities have, but
# for names with a blank or a mark at the end, which emit would question.
function __offsync_fields
    __offsync_ask state --offline --fields $argv[2] |
        string replace -rf '^\{"field":"([^"\\\\[:blank:]]*(?:_|[^[:punct:][:blank:]]))","kind":"'$argv[1]'"\}$' '$1'
end

# The entity that emit is about; with an argument, all of its kind.
function __offsync_entity
    set -l words (__offsync_words)
    set -q words[3]; or return 1
    set -q argv[1]; and string replace -r '/.*' '/*' $words[3]; or echo $words[3]
end

# The fields of its kind, as emit takes them.
function __offsync_assignments
    set -l kind (__offsync_entity kind); or return
    __offsync_fields register $kind | string replace -r '$' '='
    __offsync_fields counter $kind | string replace -r '$' '+='
end

# The words before the cursor that are neither options nor their values: the command, then its
# arguments.
function __offsync_words
    set -l tokens (commandline -opc)
    set -l skip 0
    for token in $tokens[2..]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $token
            case -C --directory -o --output --color --remote --cacert --cert --key --source --unset --add --remove --data --batch --file \
                    --type --subject --since --until --after --where --from --timeout --exec --exec-fail --consumer --value -n
                set skip 1
            case '-*'
            case '*'
                echo $token
        end
    end
end

# True where the command is one of those named; no name: where there is none yet.
function __offsync_is
    set -l words (__offsync_words)
    if not set -q argv[1]
        not set -q words[1]
    else
        set -q words[1]; and contains -- $words[1] $argv
    end
end

# True where an entity stands behind emit.
function __offsync_has_entity
    set -l words (__offsync_words)
    test (count $words) -ge 3; and test $words[1] = emit
end

# __offsync_at COMMAND N [FIRST...]: N arguments stand behind COMMAND, the first is one of those.
function __offsync_at
    set -l words (__offsync_words)
    test (count $words) -eq (math $argv[2] + 1); and test $words[1] = $argv[1]; or return 1
    not set -q argv[3]; or contains -- $words[2] $argv[3..]
end

complete -c offsync -f

# Common options
complete -c offsync -s C -l directory -x -a '(__fish_complete_directories)' -d 'Use the replica of this folder'
complete -c offsync -s o -l output -x -a 'text json ndjson' -d 'Output format'
complete -c offsync -l json -d 'The same as -o json'
complete -c offsync -l no-pager -d 'Print lists without a pager'
complete -c offsync -l color -x -a 'auto always never' -d 'When to use colours'
complete -c offsync -s q -l quiet -d 'Say nothing on stderr but errors'
complete -c offsync -s h -l help -d 'Print help'
complete -c offsync -n __offsync_is -s V -l version -d 'Print the version'

# Commands
complete -c offsync -n __offsync_is -a init -d 'Make a replica'
complete -c offsync -n __offsync_is -a emit -d 'Queue an event, or a file of events'
complete -c offsync -n __offsync_is -a sync -d 'Send the queue, fetch what others did'
complete -c offsync -n __offsync_is -a watch -d 'Print events as they arrive'
complete -c offsync -n __offsync_is -a replay -d 'Fold a log to a state'
complete -c offsync -n __offsync_is -a log -d 'Print the received log'
complete -c offsync -n __offsync_is -a state -d 'Print entities'
complete -c offsync -n __offsync_is -a queue -d 'Handle pending events'
complete -c offsync -n __offsync_is -a recover -d 'Handle what the proxy has lost'
complete -c offsync -n __offsync_is -a conflicts -d 'List and show conflicts'
complete -c offsync -n __offsync_is -a resolve -d 'Decide a conflict'
complete -c offsync -n __offsync_is -a status -d 'Print where this replica stands'
complete -c offsync -n __offsync_is -a remote -d 'Show or set the space'
complete -c offsync -n __offsync_is -a doctor -d 'Read all of the replica and say whether it is sound'
complete -c offsync -n __offsync_is -a repair -d 'Make a damaged replica usable again'
complete -c offsync -n __offsync_is -a help -d 'Explain a command'
complete -c offsync -n '__offsync_is help' -a 'init emit sync watch replay log state queue recover conflicts resolve status remote doctor repair'

# Options that several commands have
complete -c offsync -n '__offsync_is init sync watch state conflicts resolve status' -l remote -x -d 'URL of the space'
complete -c offsync -n '__offsync_is sync watch state conflicts resolve status replay remote' -l cacert -r -F -d 'https: trust the certificates in this file alone'
complete -c offsync -n '__offsync_is sync watch state conflicts resolve status replay remote' -l cert -r -F -d 'https: show this certificate to the proxy'
complete -c offsync -n '__offsync_is sync watch state conflicts resolve status replay remote' -l key -r -F -d 'https: the key of that certificate'
complete -c offsync -n '__offsync_is state conflicts status' -l offline -d 'Ask the replica alone'
complete -c offsync -n '__offsync_is state conflicts status' -l require-proxy -d 'Exit with 69 without the proxy'
complete -c offsync -n '__offsync_is replay state' -l stamps -d 'Who wrote each field, and when'
complete -c offsync -n '__offsync_is status' -l check -d 'Only say what is not synced'

# Filters
complete -c offsync -n '__offsync_is watch replay log' -l type -x -a '(__offsync_types)' -d 'Events of this type'
complete -c offsync -n '__offsync_is watch replay log' -l subject -x -a '(__offsync_subjects)' -d 'Events of this entity'
complete -c offsync -n '__offsync_is watch replay log' -l source -x -a '(__offsync_sources)' -d 'Events of this author'
complete -c offsync -n '__offsync_is watch replay log' -l since -x -d 'From this time, sequence or stamp on'
complete -c offsync -n '__offsync_is watch replay log' -l until -x -d 'Up to this time, sequence or stamp'
complete -c offsync -n '__offsync_is watch replay log' -l after -x -d 'After this cursor'
complete -c offsync -n '__offsync_is watch replay log' -l where -x -a "(__offsync_fields '[a-z]+' '*' | string replace -r '\$' '=')" -d 'FIELD=VALUE that is written'
complete -c offsync -n '__offsync_is watch replay log' -s n -x -d 'At most N events'

# init
complete -c offsync -n '__offsync_is init' -l source -x -d 'Who writes here'
complete -c offsync -n '__offsync_is init' -l user -d 'Make the replica of this user'

# emit
complete -c offsync -n '__offsync_at emit 0' -a "(__offsync_types | string match -v 'offsync.*')" -d type
complete -c offsync -n __offsync_has_entity -a '(__offsync_assignments)' -d field
complete -c offsync -n '__offsync_at emit 1' -a '(__offsync_subjects)' -d entity
complete -c offsync -n '__offsync_is emit' -l unset -x -a '(__offsync_fields register (__offsync_entity))' -d 'Remove the field'
complete -c offsync -n '__offsync_is emit' -l add -x -a "(__offsync_fields set (__offsync_entity kind) | string replace -r '\$' '=')" -d 'Add a value to the set'
complete -c offsync -n '__offsync_is emit' -l remove -x -a "(__offsync_fields set (__offsync_entity) | string replace -r '\$' '=')" -d 'Remove a value from the set'
complete -c offsync -n '__offsync_is emit' -l create -d 'Create the entity'
complete -c offsync -n '__offsync_is emit' -l delete -d 'Delete the entity'
complete -c offsync -n '__offsync_is emit' -l data -r -d 'Data as JSON, @FILE or -'
complete -c offsync -n '__offsync_is emit' -l batch -r -F -d 'Take events from a file'
complete -c offsync -n '__offsync_is emit' -l strict -d 'Refuse what changes nothing; a batch stops at it'
complete -c offsync -n '__offsync_is emit' -l dry-run -d 'Print, keep nothing'

# sync
complete -c offsync -n '__offsync_is sync' -l push -d 'Only send'
complete -c offsync -n '__offsync_is sync' -l pull -d 'Only fetch'
complete -c offsync -n '__offsync_is sync' -l dry-run -d 'Only say what would be done'

# watch
complete -c offsync -n '__offsync_is watch' -l from -x -a 'stored now beginning' -d 'Where to begin'
complete -c offsync -n '__offsync_is watch' -l timeout -x -d 'End after so long: seconds, 5m, 2h'
complete -c offsync -n '__offsync_is watch' -l exec -x -a '(__fish_complete_command)' -d 'Run this for each event'
complete -c offsync -n '__offsync_is watch' -l exec-fail -x -a 'continue stop' -d 'When the command fails'
complete -c offsync -n '__offsync_is watch' -l consumer -x -d 'Keep the place of this name'
complete -c offsync -n '__offsync_is watch' -l forget -d 'Take the consumer away, and end'

# replay, log
complete -c offsync -n '__offsync_at replay 0' -F
complete -c offsync -n '__offsync_is replay' -l strict -d 'Stop at the first bad line'
complete -c offsync -n '__offsync_at log 0' -a '(__offsync_subjects)' -d entity
complete -c offsync -n '__offsync_is log' -l pending -d 'The queue as well'

# state
complete -c offsync -n '__offsync_at state 0' -a '(__offsync_subjects)' -d entity
complete -c offsync -n '__offsync_is state' -l fields -d 'Only which fields there are'

# queue
complete -c offsync -n '__offsync_at queue 0' -a 'list show retry drop export'
complete -c offsync -n '__offsync_at queue 1 show' -a "(__offsync_pending '[a-z]+')"
complete -c offsync -n '__offsync_at queue 1 retry' -a '(__offsync_pending rejected)'
complete -c offsync -n '__offsync_at queue 1 drop' -a "(__offsync_pending 'rejected|queued')"
complete -c offsync -n '__offsync_is queue' -l all -d 'All rejected events'
complete -c offsync -n '__offsync_is queue' -l source -x -d 'Whose event, where several have the ID'

# recover, remote
complete -c offsync -n '__offsync_at recover 0' -a 'list send drop'
complete -c offsync -n '__offsync_at recover 1 send drop' -a '(__offsync_lost)'
complete -c offsync -n '__offsync_is recover' -l all -d 'All of them'
complete -c offsync -n '__offsync_is recover' -l source -x -d 'Whose event, where several have the ID'
complete -c offsync -n '__offsync_at remote 0' -a 'show set'
complete -c offsync -n '__offsync_is remote' -l switch -d 'Leave the log for the one there'

# conflicts, resolve
complete -c offsync -n '__offsync_at conflicts 0' -a 'list show'
complete -c offsync -n '__offsync_at conflicts 1 show' -a '(__offsync_conflicts)'
complete -c offsync -n '__offsync_is conflicts' -l all -d 'Resolved ones as well'
complete -c offsync -n '__offsync_is conflicts' -l exit-code -d 'Exit with 1 where one is open'
complete -c offsync -n '__offsync_is resolve' -a '(__offsync_conflicts)'
complete -c offsync -n '__offsync_is resolve' -l all -d 'All open conflicts'
complete -c offsync -n '__offsync_is resolve' -l ours -d 'The value that this replica wrote'
complete -c offsync -n '__offsync_is resolve' -l theirs -d 'The other value'
complete -c offsync -n '__offsync_is resolve' -l current -d 'The value that was in the log'
complete -c offsync -n '__offsync_is resolve' -l incoming -d 'The value that met it there'
complete -c offsync -n '__offsync_is resolve' -l keep -d 'Leave it as it is'
complete -c offsync -n '__offsync_is resolve' -l value -x -d 'This text, or :=JSON'

# doctor
complete -c offsync -n '__offsync_is doctor' -l file -r -F -d 'This file, and not the replica of this folder'
