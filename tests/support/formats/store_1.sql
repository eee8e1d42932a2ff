-- A log store of format 1, as the release before that knew only this one made it.
PRAGMA application_id=1868985196;
PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE client (
        space_id INTEGER NOT NULL,
        source   TEXT NOT NULL,
        mark     INTEGER NOT NULL,  -- the highest clientseq that was decided
        PRIMARY KEY (space_id, source)
      ) WITHOUT ROWID;
INSERT INTO "client" VALUES(1,'/clients/a',3);
INSERT INTO "client" VALUES(1,'/clients/b',3);
CREATE TABLE entity (
        space_id INTEGER NOT NULL,
        subject  TEXT NOT NULL,
        record   TEXT NOT NULL,
        PRIMARY KEY (space_id, subject)
      ) WITHOUT ROWID;
INSERT INTO "entity" VALUES(1,'till/1','{"subject":"till/1","fields":{"sales":{"counter":{"increments":[{"by":1,"stamp":"01a21c729100-0000-a07ae4cbda3b7bef","id":"1"},{"by":1,"stamp":"01a21d75af27-0000-a07ae4cbda3b7bef","id":"2"}],"source":"/till/1"}},"total":{"register":{"value":5,"stamp":"01a21c729100-0000-a07ae4cbda3b7bef","id":"1","source":"/till/1"}}}}');
INSERT INTO "entity" VALUES(1,'todo/1','{"subject":"todo/1","created":{"stamp":"01a21d757cb2-0000-21ca977c41e48853","id":"01a21d75-7cb2-7e90-ba42-7a1fb9a81064","source":"/clients/a"},"fields":{"count":{"counter":{"increments":[{"by":2,"stamp":"01a21d757cb2-0000-21ca977c41e48853","id":"01a21d75-7cb2-7e90-ba42-7a1fb9a81064"},{"by":3,"stamp":"01a21d75a665-0000-5c528aa0ec776b2b","id":"01a21d75-a665-7ca3-a5d4-2a292473e6c3"}],"source":"/clients/b"}},"done":{"register":{"value":false,"stamp":"01a21d757cb2-0000-21ca977c41e48853","id":"01a21d75-7cb2-7e90-ba42-7a1fb9a81064","source":"/clients/a"}},"tags":{"set":{"elements":[{"value":"red","present":true,"stamp":"01a21d757cb2-0000-21ca977c41e48853","id":"01a21d75-7cb2-7e90-ba42-7a1fb9a81064","source":"/clients/a"}]}},"title":{"register":{"value":"Buy soy milk","stamp":"01a21d75a665-0000-5c528aa0ec776b2b","id":"01a21d75-a665-7ca3-a5d4-2a292473e6c3","source":"/clients/b"}}}}');
INSERT INTO "entity" VALUES(1,'todo/2','{"subject":"todo/2","fields":{"title":{"register":{"value":"two","stamp":"01a21d75ad46-0000-5c528aa0ec776b2b","id":"01a21d75-ad46-7759-9f4d-0c141f75b389","source":"/clients/b"}}}}');
INSERT INTO "entity" VALUES(1,'todo/3','{"subject":"todo/3","fields":{"kind":{"register":{"value":"text","stamp":"01a21d75e95a-0000-5c528aa0ec776b2b","id":"01a21d75-e92e-72c4-8fde-462d7200e63c","source":"/clients/b"}}}}');
CREATE TABLE event (
        key  INTEGER PRIMARY KEY,   -- space_id << 40 | sequence
        id   BLOB NOT NULL,         -- pack_id()
        line TEXT NOT NULL          -- a BLOB, its residue, once it was compacted
      );
INSERT INTO "event" VALUES(1099511627777,X'0001A21D757CB27E90BA427A1FB9A81064',X'28BF514CCA59F46B406536E9041EC5F6');
INSERT INTO "event" VALUES(1099511627778,X'0131',X'ED7ACC3886ABBD4935EA82BE5F4FD697B4072A8D5B5D3B22FEE8F74813DBDDD0');
INSERT INTO "event" VALUES(1099511627779,X'0132','{"specversion":"1.0","id":"2","source":"/till/1","type":"sale","subject":"till/1","time":"2026-11-27T14:43:01.543Z","stamp":"01a21d75af27-0000-a07ae4cbda3b7bef","data":{"inc":{"sales":1}},"sequence":"3","recordedtime":"2026-11-27T14:43:01.543Z"}');
INSERT INTO "event" VALUES(1099511627780,X'0001A21D759F687BB69B07B25811E289D2','{"specversion":"1.0","id":"01a21d75-9f68-7bb6-9b07-b25811e289d2","source":"/clients/a","type":"todo.renamed","subject":"todo/1","time":"2026-11-27T14:42:57.512Z","stamp":"01a21d759f68-0000-21ca977c41e48853","clientseq":"2","data":{"base":{"title":"01a21d757cb2-0000-21ca977c41e48853"},"set":{"title":"Buy oat milk"}},"sequence":"4","recordedtime":"2026-11-27T14:43:04.696Z"}');
INSERT INTO "event" VALUES(1099511627781,X'0001A21D75A6657CA3A5D42A292473E6C3','{"specversion":"1.0","id":"01a21d75-a665-7ca3-a5d4-2a292473e6c3","source":"/clients/b","type":"todo.renamed","subject":"todo/1","time":"2026-11-27T14:42:59.301Z","stamp":"01a21d75a665-0000-5c528aa0ec776b2b","clientseq":"1","data":{"base":{"title":"01a21d757cb2-0000-21ca977c41e48853"},"inc":{"count":3},"set":{"title":"Buy soy milk"}},"sequence":"5","recordedtime":"2026-11-27T14:43:08.704Z"}');
INSERT INTO "event" VALUES(1099511627782,X'0087330D8F5C588954A388DEF9F1E1CB63','{"specversion":"1.0","id":"87330d8f-5c58-8954-a388-def9f1e1cb63","source":"/proxy","type":"offsync.conflict","subject":"todo/1","time":"2026-11-27T14:43:08.704Z","stamp":"01a21d75cb20-0000-651a829e03465c48","causationid":"01a21d75-a665-7ca3-a5d4-2a292473e6c3","data":{"conflict":{"base":"01a21d757cb2-0000-21ca977c41e48853","current":{"id":"01a21d75-9f68-7bb6-9b07-b25811e289d2","source":"/clients/a","stamp":"01a21d759f68-0000-21ca977c41e48853","value":"Buy oat milk"},"field":"title","incoming":{"id":"01a21d75-a665-7ca3-a5d4-2a292473e6c3","source":"/clients/b","stamp":"01a21d75a665-0000-5c528aa0ec776b2b","value":"Buy soy milk"},"rule":"last-write","winner":"incoming"}},"sequence":"6","recordedtime":"2026-11-27T14:43:08.704Z"}');
INSERT INTO "event" VALUES(1099511627783,X'0001A21D75AD4677599F4D0C141F75B389','{"specversion":"1.0","id":"01a21d75-ad46-7759-9f4d-0c141f75b389","source":"/clients/b","type":"todo.renamed","subject":"todo/2","time":"2026-11-27T14:43:01.062Z","stamp":"01a21d75ad46-0000-5c528aa0ec776b2b","clientseq":"2","data":{"base":{},"set":{"title":"two"}},"sequence":"7","recordedtime":"2026-11-27T14:43:08.704Z"}');
INSERT INTO "event" VALUES(1099511627784,X'0001A21D75E92E72C48FDE462D7200E63C','{"specversion":"1.0","id":"01a21d75-e92e-72c4-8fde-462d7200e63c","source":"/clients/b","type":"todo.x","subject":"todo/3","time":"2026-11-27T14:43:16.398Z","stamp":"01a21d75e95a-0000-5c528aa0ec776b2b","clientseq":"3","data":{"base":{},"set":{"kind":"text"}},"sequence":"8","recordedtime":"2026-11-27T14:43:19.635Z"}');
CREATE TABLE open_conflict (
        key  INTEGER PRIMARY KEY,   -- of its event; kept when that is compacted
        id   BLOB NOT NULL,
        line TEXT NOT NULL
      );
INSERT INTO "open_conflict" VALUES(1099511627782,X'0087330D8F5C588954A388DEF9F1E1CB63','{"specversion":"1.0","id":"87330d8f-5c58-8954-a388-def9f1e1cb63","source":"/proxy","type":"offsync.conflict","subject":"todo/1","time":"2026-11-27T14:43:08.704Z","stamp":"01a21d75cb20-0000-651a829e03465c48","causationid":"01a21d75-a665-7ca3-a5d4-2a292473e6c3","data":{"conflict":{"base":"01a21d757cb2-0000-21ca977c41e48853","current":{"id":"01a21d75-9f68-7bb6-9b07-b25811e289d2","source":"/clients/a","stamp":"01a21d759f68-0000-21ca977c41e48853","value":"Buy oat milk"},"field":"title","incoming":{"id":"01a21d75-a665-7ca3-a5d4-2a292473e6c3","source":"/clients/b","stamp":"01a21d75a665-0000-5c528aa0ec776b2b","value":"Buy soy milk"},"rule":"last-write","winner":"incoming"}},"sequence":"6","recordedtime":"2026-11-27T14:43:08.704Z"}');
CREATE TABLE rejection (
        space_id  INTEGER NOT NULL,
        source    TEXT NOT NULL,
        clientseq INTEGER NOT NULL,
        id        TEXT NOT NULL,
        code      TEXT NOT NULL,
        detail    TEXT NOT NULL,
        PRIMARY KEY (space_id, source, clientseq)
      ) WITHOUT ROWID;
INSERT INTO "rejection" VALUES(1,'/clients/a',3,'01a21d75-fc60-7d9f-ae75-85969dc3dab0','kind_mismatch','the field kind of todo/3 is a register; the event uses it as a counter');
CREATE TABLE space (
        space_id INTEGER PRIMARY KEY,
        name     TEXT NOT NULL UNIQUE,
        head     INTEGER NOT NULL,  -- sequence of the newest event
        oldest   INTEGER NOT NULL,  -- sequence of the oldest event still kept
        applied  INTEGER NOT NULL,  -- the outbox cursor
        entities INTEGER NOT NULL   -- rows in entity
      );
INSERT INTO "space" VALUES(1,'shop',8,3,0,4);
CREATE TABLE store (
        one   INTEGER PRIMARY KEY CHECK (one = 1),
        epoch TEXT NOT NULL
      );
INSERT INTO "store" VALUES(1,'vaa971ad9x4v');
CREATE UNIQUE INDEX event_by_id ON event (key >> 40, id);
CREATE UNIQUE INDEX open_conflict_by_id ON open_conflict (key >> 40, id);
COMMIT;
