Text from events does nothing to a terminal: control characters, escapes, line ends and what turns the
direction of text are shown, not sent. JSON has them escaped in its own way.

  $ offsync init -q --source /people/anna
  $ esc=$(printf '\033[31mred\033]0;title\007')
  $ offsync emit -o text todo.created todo/1 title="$esc" 2>&1 | cat -v
  queued todo.created todo/1: title="\u001b[31mred\u001b]0;title\u0007"
  $ offsync emit -q -o text todo.noted todo/1 note="$(printf 'two\nlines\r\ttab \\ "quoted"')" del="$(printf '\177')" c1="$(printf '\302\233')" bidi="$(printf '\342\200\256abc')" plain='grün 雪'
  $ offsync state -o text | cat -v
  todo/1
    bidi   "\u{202e}abc"
    c1     "\u{9b}"
    del    "\x7f"
    note   "two\nlines\r\ttab \\ \"quoted\""
    plain  "grM-CM-<n M-iM-^[M-*"
    title  "\u001b[31mred\u001b]0;title\u0007"
  $ offsync state | cat -v
  {"subject":"todo/1","fields":{"bidi":"M-bM-^@M-.abc","c1":"M-BM-^[","del":"^?","note":"two\nlines\r\ttab \\ \"quoted\"","plain":"grM-CM-<n M-iM-^[M-*","title":"\u001b[31mred\u001b]0;title\u0007"}}
  $ offsync log --pending -o text --color never | cat -v
  queued  <time>  /people/anna  todo.created  todo/1  title="\u001b[31mred\u001b]0;title\u0007"
  queued  <time>  /people/anna  todo.noted    todo/1  bidi="\u{202e}abc", c1="\u{9b}", del="\x7f", note="two\nlines\r\ttab \\ \"quoted\"", plain="grM-CM-<n M-iM-^[M-*"
  $ offsync emit -q -o text "x$esc" "todo/$esc" "f$esc=1"
  offsync: type has a control character
  [65]
  $ offsync emit -o text "x" "todo/$(printf 'a\033b')" a=1
  offsync: subject has a control character
  [65]
  $ offsync queue | wc -l
  2
  $ offsync state "todo/$esc"
  offsync: there is no todo/\x1b[31mred\x1b]0;title\x07; list what there is with: offsync state
  [66]
  $ offsync "$esc" 2>&1 | cat -v
  offsync: there is no command '\x1b[31mred\x1b]0;title\x07'; see: offsync --help
  $ offsync log --type "$esc" --since "$esc"
  offsync: --since: '\x1b[31mred\x1b]0;title\x07' is not a time (2026-11-23T12:00:00Z, '2026-11-23 12:00', now, today, yesterday, 2h), a sequence or a stamp
  [2]
