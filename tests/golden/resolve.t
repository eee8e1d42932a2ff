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

A record for each field, one thing to decide: it is said once, as data each event.

  $ meet k/9 '--delete' 'title=New m+=1 --add tags=new'
  $ offsync resolve -C a k/9 --ours -o text
  queued conflict.resolved k/9: deleted
  $ meet k/x '--delete' 'title=New m+=1 --add tags=new'
  $ offsync resolve -C a k/x --ours -o ndjson | jq -c .data.delete
  true
  true
  true

Sets and counters as a whole, which a delete met.

  $ meet k/8 '--add tags=new m+=5' '--delete'
  $ offsync conflicts -C a --offline -o text
  <id1>  k/1  tags["x"]  "x"      by /people/ben  over  nothing         by /people/anna  open
  <id6>  k/8  m, tags    deleted  by /people/ben  over  5, ["new","x"]  by /people/anna  open

What was deleted since does not come back one field at a time: either side closes the conflict.

  $ fresh() { offsync resolve -q -C a --all --keep > out 2>&1; all; }
  $ fresh
  $ meet d/1 title=A title=B
  $ offsync emit -q -C a x.gone d/1 --delete > out; all
  $ offsync conflicts -C a --offline -o text
  <id7>  d/1  title  "B"  by /people/ben  over  "A"  by /people/anna  open, d/1 was deleted by /people/anna at <time>
  $ offsync conflicts show -C a "$id" -o text | sed -n '/^state/,$p'
  state     open
  now       deleted  by /people/anna  at <time>
  decide    offsync resolve <id7> --ours      makes nothing: d/1 was deleted
            offsync resolve <id7> --theirs    makes nothing: d/1 was deleted
            offsync resolve <id7> --keep      leaves it as it is
  $ offsync resolve -C a "$id" --value C
  offsync: d/1 was deleted after both sides of the conflict <id7>; close the conflict with: offsync resolve <id7> --keep; create the entity afresh with: offsync emit --create
  [65]
  $ offsync resolve -C a --all --theirs -o text
  queued conflict.resolved d/1: kept as it was
  d/1 was deleted by /people/anna at <time>; the conflict <id7> is closed, and nothing is written
  $ shows d/1
  offsync: d/1 was deleted by /people/anna at <time>
  $ all
  $ offsync conflicts -C b --offline --all --json | jq -c '.[] | select(.subject == "d/1").resolved | [.source, .kept]'
  ["/people/anna",true]

Several conflicts of an entity, decided in one go: it comes back whole.

  $ meet d/2 title=A title=B
  $ offsync emit -q -C a x.changed d/2 title=C > out; offsync emit -q -C b x.gone d/2 --delete > out
  $ all
  $ offsync resolve -C a d/2 --current -o text
  queued conflict.resolved d/2: kept as it was
  d/2 was deleted by /people/ben at <time>; the conflict <id8> is closed, and nothing is written
  queued conflict.resolved d/2: created, tags add "x", n=1, title="C"
  $ shows d/2
  {"n":1,"tags":["x"],"title":"C"}}

A counter and a set that the edit wrote come with what they had, whichever of the two came first.

  $ fresh
  $ meet d/3 '--delete' 'm+=1 --add tags=new'
  $ offsync conflicts show -C a "$id" -o text | grep makes
  decide    offsync resolve <id9> --ours      makes it deleted (by /people/anna)
            offsync resolve <id9> --theirs    makes tags=["new","x"] (by /people/ben), m=1 (by /people/ben), with n=1, title="T" as before the delete
  $ offsync resolve -q -C a "$id" --theirs > out
  $ shows d/3
  {"m":1,"n":1,"tags":["new","x"],"title":"T"}}

What was written by who knew both sides is replaced only where the conflict is given by its id.

  $ meet d/4 title=A title=B
  $ offsync emit -q -C a x.changed d/4 title=Merged > out; all
  $ offsync conflicts -C a --offline -o text
  <id10>  d/4  title  "B"  by /people/ben  over  "A"  by /people/anna  open, now title="Merged" by /people/anna at <time>
  $ offsync conflicts -C a --offline --json | jq -c '.[0].now | [.field, .value, .source]'
  ["title","Merged","/people/anna"]
  $ offsync conflicts show -C a "$id" -o text | sed -n '/^state/,$p'
  state     open
  now       title="Merged"  by /people/anna  at <time>
  decide    offsync resolve <id10> --ours      makes title="A" (by /people/anna)
            offsync resolve <id10> --theirs    makes title="B" (by /people/ben)
            offsync resolve <id10> --keep      leaves it as it is
  $ offsync resolve -C a --all --theirs
  offsync: title of d/4 was set to "Merged" by /people/anna at <TIME>, after both sides of the conflict <id10>; keep that with: offsync resolve <id10> --keep; see what else can be chosen with: offsync conflicts show <id10>
  [65]
  $ offsync resolve -C a d/4 --theirs
  offsync: title of d/4 was set to "Merged" by /people/anna at <TIME>, after both sides of the conflict <id10>; keep that with: offsync resolve <id10> --keep; see what else can be chosen with: offsync conflicts show <id10>
  [65]
  $ offsync resolve -C a d/4 --keep -o text
  queued conflict.resolved d/4: kept as it was
  $ shows d/4
  {"n":1,"tags":["x"],"title":"Merged"}}
  $ meet d/5 title=A title=B
  $ offsync emit -q -C a x.changed d/5 title=Merged > out; all
  $ offsync resolve -C a "$id" --theirs -o text
  queued conflict.resolved d/5: title="B"
  that replaces what was written after both sides: title="Merged" by /people/anna at <time>
  $ shows d/5
  {"n":1,"tags":["x"],"title":"B"}}

A field that is of another kind by now can only be kept.

  $ meet d/6 title=A title=B
  $ offsync emit -q -C a x.gone d/6 --delete > out; offsync emit -q -C a x.made d/6 --create title+=5 > out; all
  $ offsync conflicts show -C a "$id" -o text | sed -n '/^now/,$p'
  now       title=5  by /people/anna  at <time>
            --ours cannot be taken: the field title of d/6 is a counter that shows 5; the event uses it as a register
            --theirs cannot be taken: the field title of d/6 is a counter that shows 5; the event uses it as a register
  decide    offsync resolve <id11> --keep      leaves it as it is
  $ offsync resolve -C a "$id" --ours
  offsync: the field title of d/6 is a counter that shows 5; the event uses it as a register; close the conflict and leave it as it is with: offsync resolve <id11> --keep
  [65]
  $ offsync resolve -C a "$id" --keep -o text
  queued conflict.resolved d/6: kept as it was
  $ all
  $ offsync log -C b --type conflict.resolved -o text | grep -c 'd/6  kept as it was'
  1
  $ offsync resolve -C a "${id:0:4}" --keep 2>&1 | sed 's/conflict [0-9a-f]*;/conflict ID;/'
  offsync: there is no conflict ID; a part of an id has 8 characters or more; see what is there with: offsync conflicts

One word that names nothing does not stop the others. In JSON all that was decided is one array.

  $ fresh
  $ for n in 1 2 3; do meet e/$n title=A title=B; done
  $ offsync resolve -C a e/1 e/9 e/2 --ours -o json | jq -c '.[].subject'
  offsync: there is no conflict of e/9; see what is there with: offsync conflicts
  "e/1"
  "e/2"
  $ offsync resolve -C a e/1 e/3 --ours -o text
  offsync: all conflicts of e/1 are resolved already; see them with: offsync conflicts --all
  queued conflict.resolved e/3: title="A"
  [75]
  $ offsync resolve -C a e/9 01234567-89ab --ours -o json
  offsync: there is no conflict of e/9; see what is there with: offsync conflicts
  offsync: there is no conflict 01234567-89ab; see what is there with: offsync conflicts
  []
  [66]
  $ offsync resolve -C a --all --ours --json
  there is no open conflict
  []
  $ offsync conflicts -C a show e/3
  conflicts from http://127.0.0.1:<port1>/v1/spaces/shop
  offsync: there is no conflict with the id e/3; see what is there with: offsync conflicts
  [66]
