BEGIN TRANSACTION;
CREATE TABLE "Database_Identity" (
    "Identity_ID" INTEGER PRIMARY KEY NOT NULL,
    "User_ID" INTEGER NOT NULL,
    "Database_UUID" TEXT NOT NULL,
    "Schema_Version" INTEGER NOT NULL,
    "Schema_Fingerprint" TEXT NOT NULL
);
INSERT INTO "Database_Identity" VALUES(1,3,'82d399e1-1b9a-41a7-a411-a0eb526d0444',1,'efe9486d6b6cce60ad8cf2d91d3fab1a');
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
CREATE TABLE "Notes" (
    "Note_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "User_ID" INTEGER NOT NULL,
    "Title" TEXT NOT NULL,
    "Body" TEXT NOT NULL,
    "Created_Date" TEXT NOT NULL,
    "Updated_Date" TEXT NOT NULL
);
CREATE TABLE "Schema_Migrations" (
    "Version" INTEGER PRIMARY KEY NOT NULL,
    "Name" TEXT NOT NULL,
    "Applied_Date" TEXT NOT NULL
);
INSERT INTO "Schema_Migrations" VALUES(1,'items','2026-11-28T12:12:52.161Z');
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
INSERT INTO "Tasks" VALUES(1,3,'Cyd''s task',NULL,NULL,0,0,'2026-11-28T12:12:53.426Z','2026-11-28T12:12:53.426Z');
CREATE INDEX "IX_Tasks_User_ID_Task_ID" ON "Tasks" ("User_ID", "Task_ID");
CREATE INDEX "IX_Notes_User_ID_Note_ID" ON "Notes" ("User_ID", "Note_ID");
CREATE INDEX "IX_Events_User_ID_Starts_At_Event_ID" ON "Events" ("User_ID", "Starts_At", "Event_ID");
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('Tasks',1);
COMMIT;
