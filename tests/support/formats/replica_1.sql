-- A replica of format 1, as the release before that knew only this one made it.
PRAGMA application_id=1332110930;
PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE base(
  chunk INTEGER PRIMARY KEY,
  staged INTEGER NOT NULL,
  data BLOB NOT NULL
);
INSERT INTO "base" VALUES(1,0,X'28B52FFD203FF901007B22637572736F72223A2276616139373161643978347678303176387934702D30222C22656E746974696573223A302C22636F6E666C69637473223A307D0A');
CREATE TABLE conflict(
  id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  resolved_by TEXT,
  pending_by TEXT,
  line TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "conflict" VALUES('87330d8f-5c58-8954-a388-def9f1e1cb63',6,NULL,'01a21d76-2bdf-7c52-bcdb-b4644e139040','{"specversion":"1.0","id":"87330d8f-5c58-8954-a388-def9f1e1cb63","source":"/proxy","type":"offsync.conflict","subject":"todo/1","time":"2026-11-27T14:43:08.704Z","stamp":"01a21d75cb20-0000-651a829e03465c48","causationid":"01a21d75-a665-7ca3-a5d4-2a292473e6c3","data":{"conflict":{"base":"01a21d757cb2-0000-21ca977c41e48853","current":{"id":"01a21d75-9f68-7bb6-9b07-b25811e289d2","source":"/clients/a","stamp":"01a21d759f68-0000-21ca977c41e48853","value":"Buy oat milk"},"field":"title","incoming":{"id":"01a21d75-a665-7ca3-a5d4-2a292473e6c3","source":"/clients/b","stamp":"01a21d75a665-0000-5c528aa0ec776b2b","value":"Buy soy milk"},"rule":"last-write","winner":"incoming"}},"sequence":"6","recordedtime":"2026-11-27T14:43:08.704Z"}');
CREATE TABLE entity(
  subject TEXT NOT NULL UNIQUE,
  pending INTEGER NOT NULL,
  held INTEGER NOT NULL,
  confirmed TEXT,
  visible TEXT
);
INSERT INTO "entity" VALUES('todo/1',2,0,'{"subject":"todo/1","created":{"stamp":"01a21d757cb2-0000-21ca977c41e48853","id":"01a21d75-7cb2-7e90-ba42-7a1fb9a81064","source":"/clients/a"},"fields":{"count":{"counter":{"increments":[{"by":2,"stamp":"01a21d757cb2-0000-21ca977c41e48853","id":"01a21d75-7cb2-7e90-ba42-7a1fb9a81064"},{"by":3,"stamp":"01a21d75a665-0000-5c528aa0ec776b2b","id":"01a21d75-a665-7ca3-a5d4-2a292473e6c3"}],"source":"/clients/b"}},"done":{"register":{"value":false,"stamp":"01a21d757cb2-0000-21ca977c41e48853","id":"01a21d75-7cb2-7e90-ba42-7a1fb9a81064","source":"/clients/a"}},"tags":{"set":{"elements":[{"value":"red","present":true,"stamp":"01a21d757cb2-0000-21ca977c41e48853","id":"01a21d75-7cb2-7e90-ba42-7a1fb9a81064","source":"/clients/a"}]}},"title":{"register":{"value":"Buy soy milk","stamp":"01a21d75a665-0000-5c528aa0ec776b2b","id":"01a21d75-a665-7ca3-a5d4-2a292473e6c3","source":"/clients/b"}}}}','{"subject":"todo/1","created":{"stamp":"01a21d757cb2-0000-21ca977c41e48853","id":"01a21d75-7cb2-7e90-ba42-7a1fb9a81064","source":"/clients/a"},"fields":{"count":{"counter":{"increments":[{"by":2,"stamp":"01a21d757cb2-0000-21ca977c41e48853","id":"01a21d75-7cb2-7e90-ba42-7a1fb9a81064"},{"by":3,"stamp":"01a21d75a665-0000-5c528aa0ec776b2b","id":"01a21d75-a665-7ca3-a5d4-2a292473e6c3"},{"by":10,"stamp":"01a21d7616f3-0000-21ca977c41e48853","id":"01a21d76-16f2-7e4d-8fa4-37508543380c"}],"source":"/clients/a"}},"done":{"register":{"value":false,"stamp":"01a21d757cb2-0000-21ca977c41e48853","id":"01a21d75-7cb2-7e90-ba42-7a1fb9a81064","source":"/clients/a"}},"tags":{"set":{"elements":[{"value":"red","present":true,"stamp":"01a21d757cb2-0000-21ca977c41e48853","id":"01a21d75-7cb2-7e90-ba42-7a1fb9a81064","source":"/clients/a"}]}},"title":{"register":{"value":"Buy milk","stamp":"01a21d762bdf-0000-21ca977c41e48853","id":"01a21d76-2bdf-7c52-bcdb-b4644e139040","source":"/clients/a"}}}}');
INSERT INTO "entity" VALUES('till/1',0,0,'{"subject":"till/1","fields":{"sales":{"counter":{"increments":[{"by":1,"stamp":"01a21c729100-0000-a07ae4cbda3b7bef","id":"1"},{"by":1,"stamp":"01a21d75af27-0000-a07ae4cbda3b7bef","id":"2"}],"source":"/till/1"}},"total":{"register":{"value":5,"stamp":"01a21c729100-0000-a07ae4cbda3b7bef","id":"1","source":"/till/1"}}}}',NULL);
INSERT INTO "entity" VALUES('todo/2',0,0,'{"subject":"todo/2","fields":{"title":{"register":{"value":"two","stamp":"01a21d75ad46-0000-5c528aa0ec776b2b","id":"01a21d75-ad46-7759-9f4d-0c141f75b389","source":"/clients/b"}}}}',NULL);
INSERT INTO "entity" VALUES('todo/3',1,1,'{"subject":"todo/3","fields":{"kind":{"register":{"value":"text","stamp":"01a21d75e95a-0000-5c528aa0ec776b2b","id":"01a21d75-e92e-72c4-8fde-462d7200e63c","source":"/clients/b"}}}}','{"subject":"todo/3","fields":{"kind":{"register":{"value":"text","stamp":"01a21d75e95a-0000-5c528aa0ec776b2b","id":"01a21d75-e92e-72c4-8fde-462d7200e63c","source":"/clients/b"}},"other":{"register":{"value":"held","stamp":"01a21d7602bc-0000-21ca977c41e48853","id":"01a21d76-02bc-7098-8f60-337611477216","source":"/clients/a"}}}}');
INSERT INTO "entity" VALUES('till/9',1,0,NULL,'{"subject":"till/9","fields":{"total":{"register":{"value":7,"stamp":"01a21ca97f80-0000-141b0c4710c67370","id":"9","source":"/till/9"}}}}');
CREATE TABLE log(
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  line TEXT NOT NULL
);
INSERT INTO "log" VALUES(1,'01a21d75-7cb2-7e90-ba42-7a1fb9a81064','{"specversion":"1.0","id":"01a21d75-7cb2-7e90-ba42-7a1fb9a81064","source":"/clients/a","type":"todo.created","subject":"todo/1","time":"2026-11-27T14:42:48.626Z","stamp":"01a21d757cb2-0000-21ca977c41e48853","clientseq":"1","data":{"add":{"tags":["red"]},"base":{},"create":true,"inc":{"count":2},"set":{"done":false,"title":"Buy milk"}},"sequence":"1","recordedtime":"2026-11-27T14:42:51.937Z"}');
INSERT INTO "log" VALUES(2,'1','{"specversion":"1.0","id":"1","source":"/till/1","type":"sale","subject":"till/1","time":"2026-11-27T10:00:00Z","stamp":"01a21c729100-0000-a07ae4cbda3b7bef","data":{"inc":{"sales":1},"set":{"total":5}},"sequence":"2","recordedtime":"2026-11-27T14:43:01.543Z"}');
INSERT INTO "log" VALUES(3,'2','{"specversion":"1.0","id":"2","source":"/till/1","type":"sale","subject":"till/1","time":"2026-11-27T14:43:01.543Z","stamp":"01a21d75af27-0000-a07ae4cbda3b7bef","data":{"inc":{"sales":1}},"sequence":"3","recordedtime":"2026-11-27T14:43:01.543Z"}');
INSERT INTO "log" VALUES(4,'01a21d75-9f68-7bb6-9b07-b25811e289d2','{"specversion":"1.0","id":"01a21d75-9f68-7bb6-9b07-b25811e289d2","source":"/clients/a","type":"todo.renamed","subject":"todo/1","time":"2026-11-27T14:42:57.512Z","stamp":"01a21d759f68-0000-21ca977c41e48853","clientseq":"2","data":{"base":{"title":"01a21d757cb2-0000-21ca977c41e48853"},"set":{"title":"Buy oat milk"}},"sequence":"4","recordedtime":"2026-11-27T14:43:04.696Z"}');
INSERT INTO "log" VALUES(5,'01a21d75-a665-7ca3-a5d4-2a292473e6c3','{"specversion":"1.0","id":"01a21d75-a665-7ca3-a5d4-2a292473e6c3","source":"/clients/b","type":"todo.renamed","subject":"todo/1","time":"2026-11-27T14:42:59.301Z","stamp":"01a21d75a665-0000-5c528aa0ec776b2b","clientseq":"1","data":{"base":{"title":"01a21d757cb2-0000-21ca977c41e48853"},"inc":{"count":3},"set":{"title":"Buy soy milk"}},"sequence":"5","recordedtime":"2026-11-27T14:43:08.704Z"}');
INSERT INTO "log" VALUES(6,'87330d8f-5c58-8954-a388-def9f1e1cb63','{"specversion":"1.0","id":"87330d8f-5c58-8954-a388-def9f1e1cb63","source":"/proxy","type":"offsync.conflict","subject":"todo/1","time":"2026-11-27T14:43:08.704Z","stamp":"01a21d75cb20-0000-651a829e03465c48","causationid":"01a21d75-a665-7ca3-a5d4-2a292473e6c3","data":{"conflict":{"base":"01a21d757cb2-0000-21ca977c41e48853","current":{"id":"01a21d75-9f68-7bb6-9b07-b25811e289d2","source":"/clients/a","stamp":"01a21d759f68-0000-21ca977c41e48853","value":"Buy oat milk"},"field":"title","incoming":{"id":"01a21d75-a665-7ca3-a5d4-2a292473e6c3","source":"/clients/b","stamp":"01a21d75a665-0000-5c528aa0ec776b2b","value":"Buy soy milk"},"rule":"last-write","winner":"incoming"}},"sequence":"6","recordedtime":"2026-11-27T14:43:08.704Z"}');
INSERT INTO "log" VALUES(7,'01a21d75-ad46-7759-9f4d-0c141f75b389','{"specversion":"1.0","id":"01a21d75-ad46-7759-9f4d-0c141f75b389","source":"/clients/b","type":"todo.renamed","subject":"todo/2","time":"2026-11-27T14:43:01.062Z","stamp":"01a21d75ad46-0000-5c528aa0ec776b2b","clientseq":"2","data":{"base":{},"set":{"title":"two"}},"sequence":"7","recordedtime":"2026-11-27T14:43:08.704Z"}');
INSERT INTO "log" VALUES(8,'01a21d75-e92e-72c4-8fde-462d7200e63c','{"specversion":"1.0","id":"01a21d75-e92e-72c4-8fde-462d7200e63c","source":"/clients/b","type":"todo.x","subject":"todo/3","time":"2026-11-27T14:43:16.398Z","stamp":"01a21d75e95a-0000-5c528aa0ec776b2b","clientseq":"3","data":{"base":{},"set":{"kind":"text"}},"sequence":"8","recordedtime":"2026-11-27T14:43:19.635Z"}');
CREATE TABLE pending(
  n INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  type TEXT NOT NULL,
  line TEXT NOT NULL,
  code TEXT,
  detail TEXT
);
INSERT INTO "pending" VALUES(3,2,0,'01a21d75-fc60-7d9f-ae75-85969dc3dab0','todo/3','todo.x','{"specversion":"1.0","id":"01a21d75-fc60-7d9f-ae75-85969dc3dab0","source":"/clients/a","type":"todo.x","subject":"todo/3","time":"2026-11-27T14:43:21.312Z","stamp":"01a21d75fc61-0000-21ca977c41e48853","clientseq":"3","data":{"inc":{"kind":1}}}','kind_mismatch','the field kind of todo/3 is a register; the event uses it as a counter');
INSERT INTO "pending" VALUES(4,3,0,'01a21d76-02bc-7098-8f60-337611477216','todo/3','todo.x','{"specversion":"1.0","id":"01a21d76-02bc-7098-8f60-337611477216","source":"/clients/a","type":"todo.x","subject":"todo/3","time":"2026-11-27T14:43:22.940Z","stamp":"01a21d7602bc-0000-21ca977c41e48853","clientseq":"4","data":{"base":{},"set":{"other":"held"}}}','held','an earlier event of this entity was rejected');
INSERT INTO "pending" VALUES(5,0,0,'01a21d76-16f2-7e4d-8fa4-37508543380c','todo/1','todo.late','{"specversion":"1.0","id":"01a21d76-16f2-7e4d-8fa4-37508543380c","source":"/clients/a","type":"todo.late","subject":"todo/1","time":"2026-11-27T14:43:28.114Z","stamp":"01a21d7616f3-0000-21ca977c41e48853","clientseq":"5","data":{"inc":{"count":10}}}',NULL,NULL);
INSERT INTO "pending" VALUES(6,0,0,'9','till/9','sale','{"specversion":"1.0","id":"9","source":"/till/9","type":"sale","subject":"till/9","time":"2026-11-27T11:00:00Z","stamp":"01a21ca97f80-0000-141b0c4710c67370","data":{"set":{"total":7}}}',NULL,NULL);
INSERT INTO "pending" VALUES(7,0,0,'01a21d76-2bdf-7c52-bcdb-b4644e139040','todo/1','conflict.resolved','{"specversion":"1.0","id":"01a21d76-2bdf-7c52-bcdb-b4644e139040","source":"/clients/a","type":"conflict.resolved","subject":"todo/1","time":"2026-11-27T14:43:33.471Z","stamp":"01a21d762bdf-0000-21ca977c41e48853","clientseq":"7","causationid":"87330d8f-5c58-8954-a388-def9f1e1cb63","data":{"base":{"title":"01a21d75a665-0000-5c528aa0ec776b2b"},"set":{"title":"Buy milk"}}}',NULL,NULL);
CREATE TABLE replica(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  remote TEXT NOT NULL,
  source TEXT NOT NULL,
  former_sources TEXT NOT NULL,
  node INTEGER NOT NULL,
  clock INTEGER NOT NULL,
  next INTEGER NOT NULL,
  epoch TEXT NOT NULL,
  cursor INTEGER,
  log_after INTEGER NOT NULL,
  head INTEGER NOT NULL,
  clock_offset INTEGER NOT NULL,
  last_sync INTEGER NOT NULL,
  file TEXT NOT NULL
);
INSERT INTO "replica" VALUES(1,'http://127.0.0.1:18705/v1/spaces/shop','/clients/a','',2434925108484409427,117688933644435456,8,'vaa971ad9x4vx01v8y4p',8,0,8,0,1795790606671,'9978230.1795790564.946118246');
CREATE INDEX pending_settled ON pending(state) WHERE state <> 0;
CREATE INDEX conflict_pending ON conflict(pending_by) WHERE pending_by IS NOT NULL;
COMMIT;
