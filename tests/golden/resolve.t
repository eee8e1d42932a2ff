Each kind of conflict, and each way to decide it. Anna makes the entity, both have it, and then each
writes what the other has not seen.

  $ proxy_start
  $ two_people
  $ all() { offsync sync -q -C a > out; offsync sync -q -C b > out; offsync sync -q -C a > out; }
  $ meet() { # SUBJECT ANNA BEN: the options of what they write; $id is the conflict's
  >   offsync emit -q -C a x.made "$1" title=T --add tags=x n:=1 --create > out
  >   all
  >   offsync emit -q -C a x.changed "$1" $2 > out; sleep 0.01
  >   offsync emit -q -C b x.changed "$1" $3 > out
  >   all
  >   id=$(offsync conflicts -C a --offline | jq -r "select(.subject == \"$1\").id" | head -n 1)
  > }
  $ shows() { offsync state -C a --offline "$1" 2>&1 | sed 's/.*"fields"://'; }

An element of a set is in it or not. Another value does not fit, and changes nothing; the element
itself does.

  $ meet k/1 '--remove tags=x' '--unset title --add tags=x'
  $ meet k/2 '--add tags=a' '--remove tags=a title=U'
  $ offsync conflicts -C a --offline -o text
  <id1>  k/1  tags["x"]  "x"      by /people/ben  over  nothing  by /people/anna  open
  <id2>  k/2  tags["a"]  nothing  by /people/ben  over  "a"      by /people/anna  open
  $ offsync resolve -C a "$id" --value "something else"
  offsync: the conflict is about an element of the set tags, which is in it or not: no other value fits; see what can be chosen with: offsync conflicts show <id2>
  [65]
  $ offsync resolve -C a "$id" --value ':=["a"]'
  offsync: the conflict is about an element of the set tags, which is in it or not: no other value fits; see what can be chosen with: offsync conflicts show <id2>
  [65]
  $ offsync queue -C a
  $ offsync resolve -C a "$id" --value a -o text
  queued conflict.resolved k/2: tags add "a"

An edit and a delete that met are decided together: a value is for one field.

  $ meet k/3 '--delete' 'n:=2 title=New'
  $ offsync resolve -C a "$id" --value zzz
  offsync: --value is for one field, and an edit of n, title met a delete: they are decided together; see what can be chosen with: offsync conflicts show <id3>
  [2]
  $ offsync resolve -C a k/3 --value zzz
  offsync: --value is for one field, and an edit of n, title met a delete: they are decided together; see what can be chosen with: offsync conflicts show <id3>
  [2]
  $ offsync queue -C a
  $ offsync resolve -C a "$id" --theirs -o text
  queued conflict.resolved k/3: created, tags add "x", n=2
  queued conflict.resolved k/3: title="New"
  $ shows k/3
  {"n":2,"tags":["x"],"title":"New"}}
  $ meet k/4 '--delete' 'title=New'
  $ offsync resolve -C a "$id" --value zzz -o text
  queued conflict.resolved k/4: created, tags add "x", n=1, title="zzz"
  $ shows k/4
  {"n":1,"tags":["x"],"title":"zzz"}}

What the edit took away does not delete what it gave, and an edit that only took away is an edit.

  $ meet k/5 '--delete' 'a=New --unset title --remove tags=x'
  $ offsync conflicts -C a --offline -o text
  <id1>  k/1  tags["x"]       "x"      by /people/ben   over  nothing                        by /people/anna  open
  <id4>  k/5  tags, a, title  deleted  by /people/anna  over  without ["x"], "New", nothing  by /people/ben   open
  $ offsync resolve -C a "$id" --theirs -o text
  queued conflict.resolved k/5: created, tags remove "x", n=1
  queued conflict.resolved k/5: a="New"
  queued conflict.resolved k/5: title unset
  $ shows k/5
  {"a":"New","n":1}}
  $ meet k/6 '--delete' '--unset title'
  $ offsync conflicts show -C a "$id" -o text | grep makes
  decide    offsync resolve <id5> --ours      makes it deleted (by /people/anna)
            offsync resolve <id5> --theirs    makes title unset (by /people/ben), with n=1, tags=["x"] as before the delete
  $ offsync resolve -C a k/6 --incoming -o text
  queued conflict.resolved k/6: created, tags add "x", n=1, title unset
  $ shows k/6
  {"n":1,"tags":["x"]}}
  $ meet k/7 '--delete' '--unset title'
  $ offsync resolve -C a k/7 --ours -o text
  queued conflict.resolved k/7: deleted
  $ shows k/7
  offsync: k/7 was deleted by /people/anna at <time>

Sets and counters as a whole, which a delete met.

  $ meet k/8 '--add tags=new m+=5' '--delete'
  $ offsync conflicts -C a --offline -o text
  <id1>  k/1  tags["x"]  "x"      by /people/ben  over  nothing         by /people/anna  open
  <id6>  k/8  m, tags    deleted  by /people/ben  over  5, ["new","x"]  by /people/anna  open
