One event from arguments. Elsewhere than on a terminal emit prints what it queued.

  $ offsync init -q --source /people/anna
  $ offsync emit todo.created todo/1 title="Buy milk" done:=false n+=2 --create
  {"specversion":"1.0","id":"<id1>","source":"/people/anna","type":"todo.created","subject":"todo/1","time":"<TIME>","stamp":"<stamp1>","clientseq":"1","data":{"base":{},"create":true,"inc":{"n":2},"set":{"done":false,"title":"Buy milk"}}}
  $ offsync emit todo.tagged todo/1 --add tags=home --add tags:=7 --remove tags=work -o text
  queued todo.tagged todo/1: tags add "home", tags add 7, tags remove "work"
  a part of this changes nothing: tags of todo/1 has no element "work"
  $ offsync emit todo.renamed todo/1 title=Milk --unset done n+=-0.5 -o text
  queued todo.renamed todo/1: n-=0.5, title="Milk", done unset
  $ offsync emit -q todo.noted todo/1 note:='{"b":[1,2.50,null],"a":"ü"}' -o text
  $ offsync emit todo.deleted todo/2 --delete -o text
  queued todo.deleted todo/2: deleted
  this changes nothing: there is no todo/2; its delete will hide edits that do not create it
  $ offsync state
  {"subject":"todo/1","fields":{"n":1.5,"note":{"a":"\xc3\xbc","b":[1,2.50,null]},"tags":["home",7],"title":"Milk"}} (esc)

The data as a whole, from an argument, a file, or standard input.

  $ offsync emit a.b c/1 --data '{"set":{"x":1},"why":"payload is kept"}'
  {"specversion":"1.0","id":"<id2>","source":"/people/anna","type":"a.b","subject":"c/1","time":"<TIME>","stamp":"<stamp2>","clientseq":"6","data":{"base":{},"set":{"x":1},"why":"payload is kept"}}
  $ echo '{"set":{"y":2}}' > data.json
  $ offsync emit a.b c/1 --data @data.json -o text
  queued a.b c/1: y=2
  $ echo '{"set":{"z":3}}' | offsync emit a.b c/1 --data - -o text
  queued a.b c/1: z=3
  $ offsync state c/1
  {"subject":"c/1","fields":{"x":1,"y":2,"z":3}}

A dry run prints the event and keeps nothing.

  $ offsync status --offline | grep queue
  queue      8 queued, 0 accepted, 0 rejected, 0 held
  $ offsync emit --dry-run todo.renamed todo/1 title=Beer
  {"specversion":"1.0","id":"<id3>","source":"/people/anna","type":"todo.renamed","subject":"todo/1","time":"<TIME>","stamp":"<stamp3>","clientseq":"9","data":{"base":{"title":"<stamp4>"},"set":{"title":"Beer"}}}
  $ offsync emit --dry-run -o text todo.renamed todo/1 title=Beer | jq .data.set
  {
    "title": "Beer"
  }
  $ offsync status --offline | grep queue
  queue      8 queued, 0 accepted, 0 rejected, 0 held

Behind -- nothing is an option; before it a name that begins with a dash would be taken for one.

  $ offsync emit --dry-run odd.names odd/1 a=1 -- --x=1 -y:=2 --dry-run=3 | jq -c .data.set
  {"--dry-run":"3","--x":"1","-y":2,"a":"1"}
  $ offsync -q emit --dry-run -- odd.names odd/1 -q=quiet '[a]=[b]' | jq -c .data.set
  {"-q":"quiet","[a]":"[b]"}
  $ offsync emit --dry-run -- odd.names odd/1 -C
  offsync: '-C' is not name=text, name:=json, name+=number or name-=number
  [2]
  $ offsync emit odd.names odd/1 --x=1
  offsync: emit has no option --x; see: offsync emit --help
  [2]
  $ offsync emit odd.names odd/1 {}
  offsync: '{}' is not name=text, name:=json, name+=number or name-=number; a change is a field's name and its value, such as name="Oat milk"
  [2]
  $ offsync emit odd.names odd/1 --dry-rum
  offsync: emit has no option --dry-rum; did you mean --dry-run?
  [2]

Usage: what was meant is not to be guessed.

  $ offsync emit
  offsync: emit needs a TYPE and a SUBJECT, or --batch; see: offsync emit --help
  [2]
  $ offsync emit todo.x
  offsync: emit needs a TYPE and a SUBJECT, or --batch; see: offsync emit --help
  [2]
  $ offsync emit todo.x todo/1 title
  offsync: 'title' is not name=text, name:=json, name+=number or name-=number; a change is a field's name and its value, such as name="Oat milk"
  [2]
  $ offsync emit todo.x todo/1 title=Buy milk
  offsync: 'milk' is not name=text, name:=json, name+=number or name-=number; quote values with spaces: title="Buy milk"
  [2]
  $ offsync emit todo.x todo/1 milk
  offsync: 'milk' is not name=text, name:=json, name+=number or name-=number; a change is a field's name and its value, such as name="Oat milk"
  [2]
  $ offsync emit todo.x todo/1 title=Buy oat milk done:=true
  offsync: 'oat' is not name=text, name:=json, name+=number or name-=number; quote values with spaces: title="Buy oat milk"
  [2]
  $ offsync emit todo.x todo/1 done:=true title=Buy milk --create
  offsync: 'milk' is not name=text, name:=json, name+=number or name-=number; quote values with spaces: title="Buy milk"
  [2]
  $ offsync emit todo.x todo/1 =x
  offsync: '=x' is not name=text, name:=json, name+=number or name-=number
  [2]
  $ offsync emit todo.x todo/1 a=b --data '{}'
  offsync: --data is the whole of the event's data: it goes with no other change
  [2]
  $ offsync emit todo.x todo/1 --batch data.json
  offsync: --batch takes whole events: it goes with no TYPE, SUBJECT or change
  [2]

Bad data: exit code 65, nothing is kept.

  $ offsync emit todo/1 todo.created title=x
  offsync: the subject "todo.created" is not kind/id, such as todo/1; did you mean: offsync emit todo.created todo/1
  [65]
  $ offsync emit todo/1 title=x
  offsync: the subject "title=x" is not kind/id, such as todo/1; a TYPE comes first: offsync emit TYPE todo/1 name=value
  [65]
  $ offsync emit todo/1 home=https://example.org/ title=x
  offsync: the subject "home=https://example.org/" looks like a change of todo/1; a TYPE comes first: offsync emit TYPE todo/1 name=value
  [2]
  $ offsync emit todo.x todo 7 a=b
  offsync: the subject "todo" is not kind/id, such as todo/1; did you mean: offsync emit todo.x todo/7
  [65]
  $ offsync emit todo.x todo a=b
  offsync: the subject "todo" is not kind/id, such as todo/1; did you mean: offsync emit todo.x todo/1
  [65]
  $ echo '{"id":"x","source":"/proxy","type":"t","subject":"todo/1"}' | offsync emit --batch -
  offsync: stdin: line 1, byte 0: the source /proxy is the proxy's own; give the event the source of who wrote it (reserved_source)
  queued 0, 1 refused
  [65]
  $ offsync emit offsync.x todo/1 a=b
  offsync: the type offsync.x is the proxy's own; choose a type that does not begin with "offsync."
  [65]
  $ offsync emit todo.x todo/1 a:={
  offsync: the value of a: it is not well-formed JSON; for plain text write a="{"
  [65]
  $ offsync emit todo.x todo/1 a:='{"x":1,"x":2}'
  offsync: the value of a: an object has the name "x" twice; for plain text write a='{"x":1,"x":2}'
  [65]
  $ offsync emit todo.x todo/1 n+=ten
  offsync: the value of n is to be a number, and 'ten' is none
  [65]
  $ offsync emit todo.x todo/1 a="$(printf '\377')"
  offsync: the text of a is not UTF-8
  [65]
  $ offsync emit todo.x todo/1 a=1 a=2
  offsync: the field a has more than one operation
  [65]
  $ offsync emit todo.x todo/1 a+=1 a-=2
  offsync: the field a has more than one operation
  [65]
  $ offsync emit todo.x todo/1 a=1 --unset a
  offsync: the field a has more than one operation
  [65]
  $ offsync emit todo.x todo/1 a+=1 --add a=2
  offsync: the field a has more than one operation
  [65]
  $ offsync emit todo.x todo/1 --unset a --unset a
  offsync: the field a has more than one operation
  [65]
  $ offsync emit todo.x todo/1 --data '{"set":{"a":1,"a":2}}'
  offsync: --data: an object has the name "a" twice
  [65]
  $ echo '{"type":"t","subject":"todo/1","data":{"inc":{"a":1},"set":{"a":2}}}' | offsync emit --batch -
  offsync: stdin: line 1, byte 0: the field a has more than one operation (bad_operation)
  queued 0, 1 refused
  [65]
  $ offsync emit todo.x todo/1 --data '{"inc":{"n":"1"}}'
  offsync: inc of n by "1" is no number: it takes numbers below 2^63 with at most 9 fraction digits
  [65]
  $ offsync emit todo.x todo/1 n+=0.0000000001
  offsync: inc of n by 0.0000000001 would not be exact: it takes numbers below 2^63 with at most 9 fraction digits
  [65]
  $ offsync emit todo.x todo/1 --add tags='say "x"' --remove tags='say "x"'
  offsync: the value "say \"x\"" of tags is there twice
  [65]
  $ offsync emit todo.x todo/1 title+=1
  offsync: the field title of todo/1 is a register that shows "Milk"; the event uses it as a counter; it stays as it is: set it to its new value, or use a field of another name
  [65]
  $ offsync emit todo.x todo/1 n=1
  offsync: the field n of todo/1 is a counter that shows 1.5; the event uses it as a register; it stays as it is: use a field of another name
  [65]
  $ offsync emit todo.x todo/1 --create --delete
  offsync: an event that deletes does nothing else
  [65]
  $ offsync emit todo.x todo/1 --data '{"set":'
  offsync: --data: it is not well-formed JSON
  [65]
  $ offsync emit todo.x todo/1 --data '[1]'
  offsync: --data is not a JSON object
  [65]
  $ offsync emit todo.x todo/1 --data '{"set":3}'
  offsync: set must be an object
  [65]
  $ head -c 70000 /dev/zero | tr '\0' x > long
  $ offsync emit todo.x todo/1 --data "{\"set\":{\"a\":\"$(cat long)\"}}"
  offsync: the event has 70182 bytes; at most 65536 can be taken
  [65]
  $ offsync emit todo.x todo/1 --data @nothing
  offsync: cannot open nothing: No such file or directory
  [66]
  $ offsync status --offline | grep queue
  queue      8 queued, 0 accepted, 0 rejected, 0 held

What is allowed, and hardly meant.

  $ offsync emit "todo created" todo/1 a=1
  offsync: the type 'todo created' has a blank, which is hardly meant; such an event is queued with --batch
  [2]
  $ offsync emit todo.created "todo/1 " a=1
  offsync: the subject 'todo/1 ' has a blank at an end of its kind or id, which is hardly meant; such an event is queued with --batch
  [2]
  $ offsync emit todo.created "todo/ 1" a=1
  offsync: the subject 'todo/ 1' has a blank at an end of its kind or id, which is hardly meant; such an event is queued with --batch
  [2]
  $ offsync emit todo.created "todo /1" --data '{"set":{"a":1}}'
  offsync: the subject 'todo /1' has a blank at an end of its kind or id, which is hardly meant; such an event is queued with --batch
  [2]
  $ offsync emit -q todo.created "todo/a b" a=1 --dry-run | jq -r .subject
  todo/a b
  $ offsync emit todo.created "todo/1" a:=
  offsync: the value of a: it is not one JSON value; for plain text write a=
  [65]
