BEGIN TRANSACTION;
CREATE TABLE "Database_Identity" (
    "Identity_ID" INTEGER PRIMARY KEY NOT NULL,
    "User_ID" INTEGER NOT NULL,
    "Database_UUID" TEXT NOT NULL,
    "Schema_Version" INTEGER NOT NULL,
    "Schema_Fingerprint" TEXT NOT NULL
);
INSERT INTO "Database_Identity" VALUES(1,2,'0373c742-6399-48f6-9f7e-ca986b450920',1,'efe9486d6b6cce60ad8cf2d91d3fab1a');
CREATE TABLE "Events" (
    "Event_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "User_ID" INTEGER NOT NULL,
    "Title" TEXT NOT NULL,
    "Starts_At" TEXT NOT NULL,
    "Ends_At" TEXT NOT NULL,
    "Location" TEXT,
    "Description" TEXT,
    "Created_Date" TEXT NOT NULL,
    "Updated_Date" TEXT NOT NULL
);
INSERT INTO "Events" VALUES(1,2,'Dinner','2030-05-06T18:00:00.000Z','2030-05-06T20:00:00.000Z','Home',NULL,'2026-11-28T12:12:46.247Z','2026-11-28T12:12:46.247Z');
CREATE TABLE "Notes" (
    "Note_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "User_ID" INTEGER NOT NULL,
    "Title" TEXT NOT NULL,
    "Body" TEXT NOT NULL,
    "Created_Date" TEXT NOT NULL,
    "Updated_Date" TEXT NOT NULL
);
INSERT INTO "Notes" VALUES(1,2,'A note','first line
second line','2026-11-28T12:12:46.243Z','2026-11-28T12:12:46.243Z');
CREATE TABLE "Schema_Migrations" (
    "Version" INTEGER PRIMARY KEY NOT NULL,
    "Name" TEXT NOT NULL,
    "Applied_Date" TEXT NOT NULL
);
INSERT INTO "Schema_Migrations" VALUES(1,'items','2026-11-28T12:12:45.166Z');
CREATE TABLE "Tasks" (
    "Task_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "User_ID" INTEGER NOT NULL,
    "Title" TEXT NOT NULL,
    "Description" TEXT,
    "Due_Date" TEXT,
    "Priority" INTEGER NOT NULL DEFAULT 0,
    "Is_Done" INTEGER NOT NULL DEFAULT 0,
    "Created_Date" TEXT NOT NULL,
    "Updated_Date" TEXT NOT NULL
);
INSERT INTO "Tasks" VALUES(1,2,'Buy milk',NULL,'2030-01-02T03:04:05.000Z',2,0,'2026-11-28T12:12:46.233Z','2026-11-28T12:12:46.233Z');
INSERT INTO "Tasks" VALUES(2,2,'Übung macht den Meister','it''s "quoted"',NULL,0,0,'2026-11-28T12:12:46.239Z','2026-11-28T12:12:46.239Z');
CREATE INDEX "IX_Tasks_User_ID_Task_ID" ON "Tasks" ("User_ID", "Task_ID");
CREATE INDEX "IX_Notes_User_ID_Note_ID" ON "Notes" ("User_ID", "Note_ID");
CREATE INDEX "IX_Events_User_ID_Starts_At_Event_ID" ON "Events" ("User_ID", "Starts_At", "Event_ID");
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('Tasks',2);
INSERT INTO "sqlite_sequence" VALUES('Notes',1);
INSERT INTO "sqlite_sequence" VALUES('Events',1);
COMMIT;
