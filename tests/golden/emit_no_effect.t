What of an event changes nothing is told, with what was probably meant; the event is queued all the same.

  $ offsync init -q --source /people/anna
  $ offsync emit -q todo.created todo/1 title=Milk tags:='[1]' n+=3 --add set=home --add set:=7 --create > event
  $ offsync emit todo.x todo/1 --data '{"title":"x"}' -o text
  queued todo.x todo/1: {"title":"x"}
  this changes nothing: its data has no operation; did you mean {"set":{"title":"x"}}?
  $ offsync emit todo.x todo/1 --data '{"sets":{"title":"x"}}' -o text
  queued todo.x todo/1: {"sets":{"title":"x"}}
  "sets" in data is no operation and changes nothing; did you mean "set"?
  $ offsync emit todo.x todo/1 --data '{"Set":{"a":1},"set":{"b":2},"note":"payload","deleted":true,"$inc":{"n":1}}' -o text
  queued todo.x todo/1: b=2
  "$inc" in data is no operation and changes nothing; did you mean "inc"?
  "Set" in data is no operation and changes nothing; did you mean "set"?
  "deleted" in data is no operation and changes nothing; did you mean "delete"?
  $ offsync emit todo.x todo/1 --data '{"set":{},"add":{"tags":[]}}' -o text
  queued todo.x todo/1: {"add":{"tags":[]},"set":{}}
  this changes nothing: its operations have nothing in them
  $ offsync emit todo.x todo/1 --unset titel -o text
  queued todo.x todo/1: titel unset
  this changes nothing: todo/1 has no field titel; did you mean title?
  $ offsync emit todo.x todo/1 --remove set=work --remove sets=home --remove set:=7.0 -o text
  queued todo.x todo/1: set remove "work", set remove 7.0, sets remove "home"
  a part of this changes nothing: set of todo/1 has no element "work"
  a part of this changes nothing: todo/1 has no set sets; did you mean set?
  $ offsync emit todo.x todo/8 --unset title -o text
  queued todo.x todo/8: title unset
  there is no todo/8 to take anything from; this makes it, without a field
  $ offsync state todo/8
  {"subject":"todo/8","fields":{}}
  $ offsync emit todo.x todo/10 --remove set=home --unset title --strict
  offsync: there is no todo/10 to take anything from; this makes it, without a field
  [65]
  $ echo '{"type":"t","subject":"todo/10","data":{"unset":["a"],"remove":{"b":[1]}}}' | offsync emit --batch - --strict
  offsync: stdin: line 1, byte 0: there is no todo/10 to take anything from; this makes it, without a field (no_effect)
  queued 0, 1 refused
  [65]
  $ offsync emit todo.x todo/10 title=Milk --unset b --strict
  offsync: a part of this changes nothing: todo/10 has no field b
  [65]
  $ offsync emit todo.x todo/9 --delete -o text
  queued todo.x todo/9: deleted
  this changes nothing: there is no todo/9; its delete will hide edits that do not create it
  $ offsync emit todo.x todo/9 --delete -o text
  queued todo.x todo/9: deleted
  this changes nothing: todo/9 is deleted already
  $ offsync emit todo.x todo/1 --create -o text
  queued todo.x todo/1: created
  this changes nothing: todo/1 is there already, and nothing else is said of it

  $ offsync emit todo.x todo/1 n+=0 -o text
  queued todo.x todo/1: n+=0
  this changes nothing: n of todo/1 stays as it is where 0 is added
  $ offsync emit todo.x todo/1 n-=0.0 -o text
  queued todo.x todo/1: n-=0.0
  this changes nothing: n of todo/1 stays as it is where 0 is added
  $ offsync emit --strict todo.x todo/1 n+=0
  offsync: this changes nothing: n of todo/1 stays as it is where 0 is added
  [65]
  $ offsync emit --strict todo.x todo/7 --delete
  offsync: this changes nothing: there is no todo/7; its delete will hide edits that do not create it
  [65]
  $ offsync emit -q --strict todo.x todo/7 n+=0 --create -o text
  $ offsync emit todo.x todo/1 --data '{"st":{"x":1}}' -o text
  queued todo.x todo/1: {"st":{"x":1}}
  "st" in data is no operation and changes nothing; did you mean "set"?
  $ offsync emit todo.x todo/1 --data '{"ad":{"x":[1]},"no":{"x":1},"$in":{"n":1}}' -o text
  queued todo.x todo/1: {"$in":{"n":1},"ad":{"x":[1]},"no":{"x":1}}
  "$in" in data is no operation and changes nothing; did you mean "inc"?
  "ad" in data is no operation and changes nothing; did you mean "add"?

An event that just says that something happened is no slip, nor is one that has an effect.

  $ offsync emit todo.seen todo/1 -o text
  queued todo.seen todo/1
  $ offsync emit todo.x todo/1 --data '{"set":{"b":2},"net":5,"why":"payload"}' -o text
  queued todo.x todo/1: b=2
  $ offsync emit todo.x todo/1 --unset b --remove set=home -o text
  queued todo.x todo/1: set remove "home", b unset
  $ offsync emit -q todo.x todo/1 --unset b -o text

With --strict it is refused.

  $ offsync emit --strict todo.x todo/1 --data '{"title":"x"}'
  offsync: this changes nothing: its data has no operation; did you mean {"set":{"title":"x"}}?
  [65]
  $ offsync emit --strict todo.x todo/1 --unset b
  offsync: this changes nothing: todo/1 has no field b
  [65]
  $ offsync emit --strict todo.x todo/1 b=3 -o text
  queued todo.x todo/1: b="3"
  $ offsync state todo/1
  {"subject":"todo/1","fields":{"b":"3","n":3,"tags":[1],"title":"Milk"}}

In a batch, with the line. What others say may come in any order, so only its form is looked at.

  $ cat > batch <<'END'
  > {"type":"t","subject":"todo/1","data":{"sets":{"x":1}}}
  > {"type":"t","subject":"todo/1","data":{"unset":["gone"]}}
  > {"specversion":"1.0","id":"1","source":"/other","type":"t","subject":"todo/1","time":"2020-01-01T00:00:00Z","data":{"unset":["gone"]}}
  > {"specversion":"1.0","id":"2","source":"/other","type":"t","subject":"todo/1","time":"2020-01-01T00:00:00Z","data":{"title":"x"}}
  > {"type":"t","subject":"todo/1","data":{"set":{"x":1}}}
  > END
  $ offsync emit --batch batch
  batch: line 1, byte 0: "sets" in data is no operation and changes nothing; did you mean "set"?
  batch: line 2, byte 56: this changes nothing: todo/1 has no field gone
  batch: line 4, byte 249: this changes nothing: its data has no operation; did you mean {"set":{"title":"x"}}?
  queued 5, 3 with parts that change nothing
  $ offsync emit --batch batch --strict
  offsync: batch: line 1, byte 0: "sets" in data is no operation and changes nothing; did you mean "set"? (no_effect)
  queued 0, 1 refused
  [65]
  $ for i in $(seq 12); do echo '{"type":"t","subject":"todo/1","data":{"a":1}}'; done | offsync emit --batch - 2>&1 | tail -n 2
  stdin: line 10, byte 423: this changes nothing: its data has no operation; did you mean {"set":{"a":1}}?
  queued 12, 12 with parts that change nothing

-= takes from a counter; a name that is hardly meant is questioned.

  $ offsync emit stock.sold item/7 count-=2 -o text
  queued stock.sold item/7: count-=2
  $ offsync emit stock.sold item/7 count+=-2 -o text
  queued stock.sold item/7: count-=2
  $ offsync emit stock.sold item/7 count-=-0.5 -o text
  queued stock.sold item/7: count+=0.5
  $ offsync state item/7
  {"subject":"item/7","fields":{"count":-3.5}}
  $ offsync emit stock.sold item/7 count-=two
  offsync: the value of count is to be a number, and 'two' is none
  [65]
  $ offsync emit stock.sold item/7 count+='"2"'
  offsync: the value of count is to be a number, and '"2"' is none
  [65]
  $ offsync emit stock.sold item/7 count*=2
  offsync: 'count*=2' is about a field named 'count*', which is hardly meant; it takes name=text, name:=json, name+=number or name-=number; an event for a field of that name is written with --data
  [2]
  $ offsync emit stock.sold item/7 'count ?=2'
  offsync: 'count ?=2' is about a field named 'count ?', which is hardly meant; it takes name=text, name:=json, name+=number or name-=number; an event for a field of that name is written with --data
  [2]
  $ offsync emit stock.sold item/7 'count = 2'
  offsync: 'count = 2' is about a field named 'count ', which is hardly meant; it takes name=text, name:=json, name+=number or name-=number; an event for a field of that name is written with --data
  [2]
  $ offsync emit stock.sold item/7 --add tags+=x
  offsync: --add 'tags+=x' is about a field named 'tags+', which is hardly meant; it takes name=text or name:=json; an event for a field of that name is written with --data
  [2]
  $ offsync emit stock.sold item/7 --unset count=
  offsync: --unset takes the name of a field, not 'count='; a field whose name has that in it is unset with --data
  [2]
  $ offsync emit stock.sold item/7 --data '{"set":{"count*":"2"}}' -o text
  queued stock.sold item/7: count*="2"

A stamp that no proxy takes yet is told.

  $ echo '{"specversion":"1.0","id":"ahead","source":"/other","type":"t","subject":"k/1","time":"2098-01-01T00:00:00Z","data":{"set":{"a":1}}}' > ahead
  $ offsync emit --batch ahead --strict 2>&1 | sed 's/[0-9]* years/N years/'
  offsync: ahead: line 1, byte 0: its stamp is N years ahead of the clock of this machine; a proxy takes at most 60 s (clock_ahead)
  queued 0, 1 refused
  $ offsync emit --batch ahead 2>&1 | sed 's/[0-9]* years/N years/'
  ahead: line 1, byte 0: its stamp is N years ahead of the clock of this machine; a proxy takes at most 60 s
  queued 1, 1 ahead of the clock

  $ offsync emit todo.x todo/11 v=1 --remove t=a -o text
  queued todo.x todo/11: t remove "a", v="1"
  a part of this changes nothing: todo/11 has no set t
  $ offsync emit todo.x todo/11 --add t=a --remove t=q -o text
  queued todo.x todo/11: t add "a", t remove "q"
  a part of this changes nothing: t of todo/11 has no element "q"
