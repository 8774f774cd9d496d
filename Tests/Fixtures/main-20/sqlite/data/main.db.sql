BEGIN TRANSACTION;
CREATE TABLE "Audit_Chain" (
    "Audit_ID" INTEGER PRIMARY KEY NOT NULL,
    "Hash" TEXT NOT NULL
);
INSERT INTO "Audit_Chain" VALUES(1,'442f2afda442df2d123c4f46fde450758c38d6050a249571b040e1b49773a1d7');
INSERT INTO "Audit_Chain" VALUES(2,'2d0b2cc01dfcad2621caaf43977fb41d59e5d9f7a821c4a98d799cdd22ff78a0');
INSERT INTO "Audit_Chain" VALUES(3,'7392c0950aebc49babac1acd51ea377ae61f642aca854f98ad9e172935956ad7');
INSERT INTO "Audit_Chain" VALUES(4,'4e341a67d9d0d5d82732df8ca640e5430b3ea224a497344b658b0218ec476f89');
INSERT INTO "Audit_Chain" VALUES(5,'b093aa6c2fbddad950566288dd4d3071f3f201240e9902f004f3211270b138f0');
INSERT INTO "Audit_Chain" VALUES(6,'7692f6a612fc2edf9a74d8aa739d6c2748c0c7ba03a1d07315f610bcfd768c7a');
INSERT INTO "Audit_Chain" VALUES(7,'f8d8a9c11c6d6848d3efd440db307ca9522dac0dd9470441f24ed30c257234c7');
INSERT INTO "Audit_Chain" VALUES(8,'56e92b991b6ad3a634fa9e0ac04f94efb98ab9ad0816510a235a98d4adc478e0');
INSERT INTO "Audit_Chain" VALUES(9,'a81685a2b9de9c5dd27fb4ddeccf8731c165225489246f8ab42fd0249cb39a0a');
INSERT INTO "Audit_Chain" VALUES(10,'912959d2c1e85fa4e5eff037286d81425213b9f26922d065135cd4ba0b64f0e2');
INSERT INTO "Audit_Chain" VALUES(11,'c8cb0b7aaccdc10db200e8e4126bc6bf01d589957252975f76b5881e21e0bdfd');
INSERT INTO "Audit_Chain" VALUES(12,'6f687afa6f0dfcc976f031bf57f1cc55f5b480660b74da93be7c59a18523c1c3');
INSERT INTO "Audit_Chain" VALUES(13,'5f0da5ac226132f99c63a1d4ce80fe6ba8e42d4a028bf4d9093778d5c0c1dbd2');
CREATE TABLE "Audit_Head" (
    "Head_ID" INTEGER PRIMARY KEY NOT NULL,
    "Audit_ID" INTEGER NOT NULL,
    "Hash" TEXT NOT NULL
);
INSERT INTO "Audit_Head" VALUES(1,13,'5f0da5ac226132f99c63a1d4ce80fe6ba8e42d4a028bf4d9093778d5c0c1dbd2');
CREATE TABLE "Audit_Log" (
    "Audit_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "Actor_ID" INTEGER,
    "Action" TEXT NOT NULL,
    "User_ID" INTEGER,
    "Detail" TEXT,
    "Created_Date" TEXT NOT NULL
, "Actor" TEXT);
INSERT INTO "Audit_Log" VALUES(1,NULL,'audit.begin',NULL,'older entries: 0; their digest: ; their chain: none','2026-11-28T12:12:44.760Z',NULL);
INSERT INTO "Audit_Log" VALUES(2,NULL,'user.create',1,'administrator','2026-11-28T12:12:44.837Z','cli:root@vm');
INSERT INTO "Audit_Log" VALUES(3,NULL,'user.create',2,NULL,'2026-11-28T12:12:45.159Z','cli:root@vm');
INSERT INTO "Audit_Log" VALUES(4,NULL,'user.create',3,NULL,'2026-11-28T12:12:45.382Z','cli:root@vm');
INSERT INTO "Audit_Log" VALUES(5,NULL,'user.create',4,NULL,'2026-11-28T12:12:45.623Z','cli:root@vm');
INSERT INTO "Audit_Log" VALUES(6,NULL,'user.create',5,NULL,'2026-11-28T12:12:45.940Z','cli:root@vm');
INSERT INTO "Audit_Log" VALUES(7,2,'sign_in.ok',2,'address=127.0.0.1 client="Python-urllib"','2026-11-28T12:12:46.223Z',NULL);
INSERT INTO "Audit_Log" VALUES(8,3,'sign_in.ok',3,'address=127.0.0.1 client="Python-urllib"','2026-11-28T12:12:46.278Z',NULL);
INSERT INTO "Audit_Log" VALUES(9,NULL,'user.suspend',3,NULL,'2026-11-28T12:12:46.431Z','cli:root@vm');
INSERT INTO "Audit_Log" VALUES(10,NULL,'user.delete',4,NULL,'2026-11-28T12:12:46.584Z','cli:root@vm');
INSERT INTO "Audit_Log" VALUES(11,NULL,'user.delete',5,NULL,'2026-11-28T12:12:46.774Z','cli:root@vm');
INSERT INTO "Audit_Log" VALUES(12,NULL,'user.purge_begun',5,'username=eve','2026-11-28T12:12:46.937Z','cli:root@vm');
INSERT INTO "Audit_Log" VALUES(13,NULL,'user.purge',5,'username=eve','2026-11-28T12:12:46.945Z','cli:root@vm');
CREATE TABLE "Change_Log" (
    "Change_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "User_ID" INTEGER NOT NULL,
    "Created_Date" TEXT NOT NULL
);
INSERT INTO "Change_Log" VALUES(1,1,'2026-11-28T12:12:44.885Z');
INSERT INTO "Change_Log" VALUES(2,2,'2026-11-28T12:12:45.197Z');
INSERT INTO "Change_Log" VALUES(3,3,'2026-11-28T12:12:45.424Z');
INSERT INTO "Change_Log" VALUES(4,4,'2026-11-28T12:12:45.680Z');
INSERT INTO "Change_Log" VALUES(5,5,'2026-11-28T12:12:45.972Z');
INSERT INTO "Change_Log" VALUES(6,3,'2026-11-28T12:12:46.431Z');
INSERT INTO "Change_Log" VALUES(7,4,'2026-11-28T12:12:46.584Z');
INSERT INTO "Change_Log" VALUES(8,5,'2026-11-28T12:12:46.774Z');
INSERT INTO "Change_Log" VALUES(9,5,'2026-11-28T12:12:46.937Z');
INSERT INTO "Change_Log" VALUES(10,5,'2026-11-28T12:12:46.945Z');
CREATE TABLE "Data_Access" (
    "Access_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "Token_Hash" TEXT NOT NULL UNIQUE,
    "User_ID" INTEGER NOT NULL,
    "Actor_ID" INTEGER NOT NULL,
    "Reason" TEXT NOT NULL,
    "Created_Date" TEXT NOT NULL,
    "Expires_Date" TEXT NOT NULL
);
CREATE TABLE "Data_Access_State" (
    "Access_ID" INTEGER PRIMARY KEY NOT NULL,
    "User_ID" INTEGER NOT NULL,
    "Session_ID" INTEGER NOT NULL,
    "Ended_Date" TEXT
);
CREATE TABLE "Database_Identity" (
    "Identity_ID" INTEGER PRIMARY KEY NOT NULL,
    "User_ID" INTEGER NOT NULL,
    "Database_UUID" TEXT NOT NULL,
    "Schema_Version" INTEGER NOT NULL,
    "Schema_Fingerprint" TEXT NOT NULL
);
CREATE TABLE "Database_Server" (
    "Server_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "Name" TEXT NOT NULL UNIQUE,
    "DB_Type" TEXT NOT NULL,
    "Host" TEXT,
    "Port" INTEGER,
    "Login" TEXT,
    "Password" TEXT,
    "TLS" TEXT NOT NULL DEFAULT 'prefer',
    "Max_Connections" INTEGER NOT NULL,
    "Region" TEXT,
    "State" TEXT NOT NULL,
    "Created_Date" TEXT NOT NULL
);
CREATE TABLE "Database_Size" (
    "Size_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "User_ID" INTEGER NOT NULL,
    "Sampled_Date" TEXT NOT NULL,
    "Size_Bytes" INTEGER NOT NULL
);
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
CREATE TABLE "Installation" (
    "Installation_ID" INTEGER PRIMARY KEY NOT NULL,
    "Mode" TEXT NOT NULL,
    "Is_Chosen" INTEGER NOT NULL,
    "Updated_Date" TEXT NOT NULL
);
INSERT INTO "Installation" VALUES(1,'multi-tenant',1,'2026-11-28T12:12:44.770Z');
CREATE TABLE "Invitation" (
    "Invitation_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "Token_Hash" TEXT NOT NULL UNIQUE,
    "Email" TEXT,
    "Created_Date" TEXT NOT NULL,
    "Expires_Date" TEXT NOT NULL,
    "Used_Date" TEXT,
    "Used_User_ID" INTEGER
);
CREATE TABLE "Job" (
    "Job_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "Kind" TEXT NOT NULL,
    "User_ID" INTEGER,
    "State" TEXT NOT NULL,
    "Error" TEXT,
    "Attempts" INTEGER NOT NULL DEFAULT 0,
    "Created_Date" TEXT NOT NULL,
    "Updated_Date" TEXT NOT NULL
);
INSERT INTO "Job" VALUES(1,'register',1,'done',NULL,1,'2026-11-28T12:12:44.840Z','2026-11-28T12:12:44.885Z');
INSERT INTO "Job" VALUES(2,'register',2,'done',NULL,1,'2026-11-28T12:12:45.160Z','2026-11-28T12:12:45.197Z');
INSERT INTO "Job" VALUES(3,'register',3,'done',NULL,1,'2026-11-28T12:12:45.384Z','2026-11-28T12:12:45.424Z');
INSERT INTO "Job" VALUES(4,'register',4,'done',NULL,1,'2026-11-28T12:12:45.635Z','2026-11-28T12:12:45.680Z');
INSERT INTO "Job" VALUES(5,'register',5,'done',NULL,1,'2026-11-28T12:12:45.942Z','2026-11-28T12:12:45.972Z');
INSERT INTO "Job" VALUES(6,'purge',5,'done',NULL,1,'2026-11-28T12:12:46.937Z','2026-11-28T12:12:46.945Z');
CREATE TABLE "Job_Step" (
    "Job_Step_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "Job_ID" INTEGER NOT NULL,
    "Step" TEXT NOT NULL,
    "Completed_Date" TEXT NOT NULL,
    FOREIGN KEY ("Job_ID") REFERENCES "Job" ("Job_ID")
);
INSERT INTO "Job_Step" VALUES(1,1,'reserve','2026-11-28T12:12:44.840Z');
INSERT INTO "Job_Step" VALUES(2,1,'make','2026-11-28T12:12:44.885Z');
INSERT INTO "Job_Step" VALUES(3,1,'verify','2026-11-28T12:12:44.885Z');
INSERT INTO "Job_Step" VALUES(4,1,'activate','2026-11-28T12:12:44.885Z');
INSERT INTO "Job_Step" VALUES(5,2,'reserve','2026-11-28T12:12:45.160Z');
INSERT INTO "Job_Step" VALUES(6,2,'make','2026-11-28T12:12:45.197Z');
INSERT INTO "Job_Step" VALUES(7,2,'verify','2026-11-28T12:12:45.197Z');
INSERT INTO "Job_Step" VALUES(8,2,'activate','2026-11-28T12:12:45.197Z');
INSERT INTO "Job_Step" VALUES(9,3,'reserve','2026-11-28T12:12:45.384Z');
INSERT INTO "Job_Step" VALUES(10,3,'make','2026-11-28T12:12:45.424Z');
INSERT INTO "Job_Step" VALUES(11,3,'verify','2026-11-28T12:12:45.424Z');
INSERT INTO "Job_Step" VALUES(12,3,'activate','2026-11-28T12:12:45.424Z');
INSERT INTO "Job_Step" VALUES(13,4,'reserve','2026-11-28T12:12:45.635Z');
INSERT INTO "Job_Step" VALUES(14,4,'make','2026-11-28T12:12:45.680Z');
INSERT INTO "Job_Step" VALUES(15,4,'verify','2026-11-28T12:12:45.680Z');
INSERT INTO "Job_Step" VALUES(16,4,'activate','2026-11-28T12:12:45.680Z');
INSERT INTO "Job_Step" VALUES(17,5,'reserve','2026-11-28T12:12:45.942Z');
INSERT INTO "Job_Step" VALUES(18,5,'make','2026-11-28T12:12:45.972Z');
INSERT INTO "Job_Step" VALUES(19,5,'verify','2026-11-28T12:12:45.972Z');
INSERT INTO "Job_Step" VALUES(20,5,'activate','2026-11-28T12:12:45.972Z');
INSERT INTO "Job_Step" VALUES(21,6,'shred','2026-11-28T12:12:46.937Z');
INSERT INTO "Job_Step" VALUES(22,6,'drop','2026-11-28T12:12:46.943Z');
INSERT INTO "Job_Step" VALUES(23,6,'forget','2026-11-28T12:12:46.945Z');
CREATE TABLE "Known_Network" (
    "Network_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "User_ID" INTEGER NOT NULL,
    "Network_Hash" TEXT NOT NULL,
    "Last_Date" TEXT NOT NULL
);
INSERT INTO "Known_Network" VALUES(1,2,'39071d7ebfddce534ee502ffd9a054b1e9df8b9048e721f21d23186d6ef88c62','2026-11-28T12:12:46.223Z');
INSERT INTO "Known_Network" VALUES(2,3,'dcad752348ac09fe4b6d5d7c4aa64a3a6001407a49dedf7b352c87e4a45b5fc7','2026-11-28T12:12:46.278Z');
CREATE TABLE "Main_Generation" (
    "Number" INTEGER PRIMARY KEY NOT NULL,
    "Tag" TEXT NOT NULL
);
INSERT INTO "Main_Generation" VALUES(1,'35a689215cce519634873e211c262347');
INSERT INTO "Main_Generation" VALUES(2,'d5da72cdc0ff5df338db31cab9f523e9');
INSERT INTO "Main_Generation" VALUES(3,'2235dba3b54a7849ddb92dcc89c47336');
INSERT INTO "Main_Generation" VALUES(4,'45307497f67dcd137439f08ffb89c361');
INSERT INTO "Main_Generation" VALUES(5,'ad7d6bb1196f420ab81c3c17e8d2c83f');
INSERT INTO "Main_Generation" VALUES(6,'53bfa82ab380e927dd25afb3109705b3');
INSERT INTO "Main_Generation" VALUES(7,'d0af48d2ccbea59c5c8bb3ecf3c1d470');
INSERT INTO "Main_Generation" VALUES(8,'6a43bc19ee4ce614dc36c6c85e6e9358');
INSERT INTO "Main_Generation" VALUES(9,'c6d8b3dcd5ef416f469ae82ab9be49be');
INSERT INTO "Main_Generation" VALUES(10,'bfcbfb250de3e34439b2b5b3b1e305fd');
INSERT INTO "Main_Generation" VALUES(11,'6c16c786f964824dd4680e13db77cf78');
CREATE TABLE "Master_Key" (
    "Key_ID" TEXT PRIMARY KEY NOT NULL,
    "Check_Value" TEXT NOT NULL,
    "Is_Current" INTEGER NOT NULL,
    "Created_Date" TEXT NOT NULL
);
INSERT INTO "Master_Key" VALUES('11b8181a5d018a81','v1.11b8181a5d018a81.TPDxzms822jkowobbl8ZNxWclSgDybgibCttV74pE_KT7ozy6tLBECyDPU7GB4U4nlZUCnbi6XaL2D5W.CPWg1hKe8xY3dEXZ1XJQ_CJ-NgqOobpTMEm2xfDPmgshhePTOL-AU4_pCax_52Lddbq2yAATsaltHnIxEmDXHcS1lj-pIXVvMX-W7SYVUNBj0znc',1,'2026-11-28T12:12:44.760Z');
CREATE TABLE "Notes" (
    "Note_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "User_ID" INTEGER NOT NULL,
    "Title" TEXT NOT NULL,
    "Body" TEXT NOT NULL,
    "Created_Date" TEXT NOT NULL,
    "Updated_Date" TEXT NOT NULL
);
CREATE TABLE "Password_Link" (
    "User_ID" INTEGER PRIMARY KEY NOT NULL,
    "Token_Hash" TEXT NOT NULL UNIQUE,
    "Expires_Date" TEXT NOT NULL
);
CREATE TABLE "Pending_Sign_In" (
    "Pending_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "Token_Hash" TEXT NOT NULL UNIQUE,
    "User_ID" INTEGER NOT NULL,
    "Expires_Date" TEXT NOT NULL
);
CREATE TABLE "Recovery_Code" (
    "Code_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "User_ID" INTEGER NOT NULL,
    "Code_Hash" TEXT NOT NULL
);
CREATE TABLE "Schema_Migrations" (
    "Version" INTEGER PRIMARY KEY NOT NULL,
    "Name" TEXT NOT NULL,
    "Applied_Date" TEXT NOT NULL
);
INSERT INTO "Schema_Migrations" VALUES(1,'catalog','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(2,'sessions','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(3,'items','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(4,'audit chain','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(5,'data access','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(6,'tombstones','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(7,'database sizes','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(8,'clients of sessions','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(9,'sealed secrets','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(10,'states of sessions and accesses','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(11,'second factor','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(12,'generations','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(13,'known networks','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(14,'invitations','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(15,'normal forms of addresses','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(16,'health of databases','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(17,'installation','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(18,'account recovery','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(19,'actors of audit entries','2026-11-28T12:12:44.735Z');
INSERT INTO "Schema_Migrations" VALUES(20,'suspensions of deleted users','2026-11-28T12:12:44.735Z');
CREATE TABLE "Sealed_Secret" (
    "Secret_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "Name" TEXT NOT NULL UNIQUE,
    "Sealed" TEXT NOT NULL,
    "Created_Date" TEXT NOT NULL
);
INSERT INTO "Sealed_Secret" VALUES(1,'password-pepper','v1.11b8181a5d018a81._ozYNMl6f4or5E0k-xNpPUHBAHARWXafMAiATnLjowIWui1hJ5om_gAQ7il0T0el6r62PRk-02s38TpM.AKam5LoWUshPYO75oa7W2OXh1HYy1sMwQdgfhNeOL29zKbR7-ahMiRbAfpbEZqcIXyzt3HGMJPmLWIKuU6ZJA3SShEVpm-Y','2026-11-28T12:12:44.772Z');
CREATE TABLE "Second_Factor" (
    "User_ID" INTEGER PRIMARY KEY NOT NULL,
    "Confirmed_Date" TEXT,
    "Last_Step" INTEGER NOT NULL,
    "Created_Date" TEXT NOT NULL
);
CREATE TABLE "Session" (
    "Session_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "Token_Hash" TEXT NOT NULL UNIQUE,
    "User_ID" INTEGER NOT NULL,
    "Created_Date" TEXT NOT NULL,
    "Expires_Date" TEXT NOT NULL,
    FOREIGN KEY ("User_ID") REFERENCES "Users" ("User_ID")
);
INSERT INTO "Session" VALUES(1,'03845a7d2f9fd3b53669afc3240a7fddf1db13caf7024b061d9823ed1639afe8',2,'2026-11-28T12:12:46.223Z','2026-12-12T12:12:46.223Z');
CREATE TABLE "Session_Address" (
    "Session_ID" INTEGER PRIMARY KEY NOT NULL,
    "User_ID" INTEGER NOT NULL,
    "Address" TEXT NOT NULL
);
INSERT INTO "Session_Address" VALUES(1,2,'127.0.0.1');
INSERT INTO "Session_Address" VALUES(2,3,'127.0.0.1');
CREATE TABLE "Session_Client" (
    "Session_ID" INTEGER PRIMARY KEY NOT NULL,
    "User_ID" INTEGER NOT NULL,
    "Client" TEXT NOT NULL
);
INSERT INTO "Session_Client" VALUES(1,2,'Python-urllib');
INSERT INTO "Session_Client" VALUES(2,3,'Python-urllib');
CREATE TABLE "Session_State" (
    "Session_ID" INTEGER PRIMARY KEY NOT NULL,
    "User_ID" INTEGER NOT NULL,
    "Confirmed_Date" TEXT,
    "Used_Date" TEXT
);
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
CREATE TABLE "Tombstone" (
    "User_ID" INTEGER PRIMARY KEY NOT NULL,
    "Database_UUID" TEXT,
    "Purged_Date" TEXT NOT NULL
);
INSERT INTO "Tombstone" VALUES(5,'f47560ef-468e-4209-b780-d24822e2c69a','2026-11-28T12:12:46.945Z');
CREATE TABLE "User_Database_Config" (
    "Config_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "User_ID" INTEGER NOT NULL UNIQUE,
    "DB_Type" TEXT NOT NULL DEFAULT 'sqlite',
    "DB_Host" TEXT,
    "DB_Port" INTEGER,
    "DB_Name" TEXT,
    "DB_User" TEXT,
    "DB_Password" TEXT,
    "DB_Next_Password" TEXT,
    "DB_TLS" TEXT NOT NULL DEFAULT 'prefer',
    "DB_Path" TEXT,
    "Is_Active" INTEGER NOT NULL DEFAULT 1,
    "Created_Date" TEXT NOT NULL,
    "Database_UUID" TEXT NOT NULL UNIQUE,
    "Epoch" INTEGER NOT NULL,
    "State" TEXT NOT NULL,
    "Server_ID" INTEGER,
    "Schema_Version" INTEGER NOT NULL,
    "Schema_Fingerprint" TEXT NOT NULL,
    "Key_ID" TEXT,
    "Updated_Date" TEXT NOT NULL, "Health" TEXT NOT NULL DEFAULT 'healthy', "Health_Reason" TEXT, "Health_Date" TEXT, "Checked_Date" TEXT NOT NULL DEFAULT '1970-01-01T00:00:00.000Z',
    FOREIGN KEY ("User_ID") REFERENCES "Users" ("User_ID"),
    FOREIGN KEY ("Server_ID") REFERENCES "Database_Server" ("Server_ID")
);
INSERT INTO "User_Database_Config" VALUES(1,1,'sqlite',NULL,NULL,NULL,NULL,NULL,NULL,'prefer','users/01/user_1.db',1,'2026-11-28T12:12:44.840Z','c2ef584e-1277-4d0a-9648-e5f610526bd0',2,'active',NULL,1,'efe9486d6b6cce60ad8cf2d91d3fab1a',NULL,'2026-11-28T12:12:44.885Z','healthy',NULL,NULL,'2026-11-28T12:12:44.840Z');
INSERT INTO "User_Database_Config" VALUES(2,2,'sqlite',NULL,NULL,NULL,NULL,NULL,NULL,'prefer','users/02/user_2.db',1,'2026-11-28T12:12:45.160Z','0373c742-6399-48f6-9f7e-ca986b450920',2,'active',NULL,1,'efe9486d6b6cce60ad8cf2d91d3fab1a',NULL,'2026-11-28T12:12:45.197Z','healthy',NULL,NULL,'2026-11-28T12:12:45.160Z');
INSERT INTO "User_Database_Config" VALUES(3,3,'sqlite',NULL,NULL,NULL,NULL,NULL,NULL,'prefer','users/03/user_3.db',0,'2026-11-28T12:12:45.384Z','eb24ba05-5f0b-4e70-a39b-8ca179758680',3,'suspended',NULL,1,'efe9486d6b6cce60ad8cf2d91d3fab1a',NULL,'2026-11-28T12:12:46.431Z','healthy',NULL,NULL,'2026-11-28T12:12:45.384Z');
INSERT INTO "User_Database_Config" VALUES(4,4,'sqlite',NULL,NULL,NULL,NULL,NULL,NULL,'prefer','users/04/user_4.db',0,'2026-11-28T12:12:45.635Z','9beb91b3-6e35-4c78-9155-b1f823ad5543',3,'suspended',NULL,1,'efe9486d6b6cce60ad8cf2d91d3fab1a',NULL,'2026-11-28T12:12:46.584Z','healthy',NULL,NULL,'2026-11-28T12:12:45.635Z');
CREATE TABLE "User_Email" (
    "User_ID" INTEGER PRIMARY KEY NOT NULL,
    "Normal_Email" TEXT NOT NULL,
    "Duplicate_ID" INTEGER NOT NULL DEFAULT 0
);
INSERT INTO "User_Email" VALUES(1,'ada@example.org',0);
INSERT INTO "User_Email" VALUES(2,'bob@example.org',0);
INSERT INTO "User_Email" VALUES(3,'cyd@example.org',0);
INSERT INTO "User_Email" VALUES(4,'dan@example.org',0);
CREATE TABLE "Users" (
    "User_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "Username" TEXT COLLATE NOCASE NOT NULL UNIQUE,
    "Email" TEXT COLLATE NOCASE NOT NULL UNIQUE,
    "Password_Hash" TEXT,
    "Is_Admin" INTEGER NOT NULL DEFAULT 0,
    "Is_Active" INTEGER NOT NULL DEFAULT 1,
    "Region" TEXT,
    "Created_Date" TEXT NOT NULL,
    "Deleted_Date" TEXT
, "Was_Suspended" INTEGER NOT NULL DEFAULT 0);
INSERT INTO "Users" VALUES(1,'ada','ada@example.org','unify1$5d85d3d3576ffef7$argon2id$v=19$m=19456,t=2,p=1$sMfauaD84z40ObtmvLrdAg$yyykGChYP1OY0F5GR+OggflVLPP+TkcbS+Fvy47UaEo',1,1,NULL,'2026-11-28T12:12:44.837Z',NULL,0);
INSERT INTO "Users" VALUES(2,'bob','bob@example.org','unify1$5d85d3d3576ffef7$argon2id$v=19$m=19456,t=2,p=1$ConE3yRm1D85mBiP3FsFKw$fq7gQAWNlexhjcPnenslFur7W8LaBy2wSg6cyPws6/8',0,1,NULL,'2026-11-28T12:12:45.159Z',NULL,0);
INSERT INTO "Users" VALUES(3,'cyd','cyd@example.org','unify1$5d85d3d3576ffef7$argon2id$v=19$m=19456,t=2,p=1$ogMM3SHy6PXNZUO1LGkRWQ$oRFoJUcK+ubaJqZVg3jY/MoikoWt050op6u1kQ0tZaY',0,0,NULL,'2026-11-28T12:12:45.382Z',NULL,0);
INSERT INTO "Users" VALUES(4,'dan','dan@example.org','unify1$5d85d3d3576ffef7$argon2id$v=19$m=19456,t=2,p=1$YsMbxVFwPSPGj8hAgIgliA$UpSynVwbcaioQPRSTK0EMUZVCDb4Bw+984+kK1WCDU0',0,0,NULL,'2026-11-28T12:12:45.623Z','2026-11-28T12:12:46.584Z',0);
CREATE TABLE "Warm_Database" (
    "Warm_ID" INTEGER PRIMARY KEY AUTOINCREMENT,
    "Server_ID" INTEGER NOT NULL,
    "DB_Name" TEXT NOT NULL UNIQUE,
    "DB_Password" TEXT NOT NULL,
    "Schema_Fingerprint" TEXT NOT NULL,
    "State" TEXT NOT NULL,
    "Updated_Date" TEXT NOT NULL,
    FOREIGN KEY ("Server_ID") REFERENCES "Database_Server" ("Server_ID")
);
CREATE INDEX "IX_User_Database_Config_DB_Name" ON "User_Database_Config" ("DB_Name");
CREATE INDEX "IX_User_Database_Config_Server_ID" ON "User_Database_Config" ("Server_ID");
CREATE INDEX "IX_Job_State_Job_ID" ON "Job" ("State", "Job_ID");
CREATE INDEX "IX_Job_User_ID" ON "Job" ("User_ID");
CREATE INDEX "IX_Job_Step_Job_ID" ON "Job_Step" ("Job_ID");
CREATE INDEX "IX_Audit_Log_User_ID" ON "Audit_Log" ("User_ID");
CREATE INDEX "IX_Session_User_ID" ON "Session" ("User_ID");
CREATE INDEX "IX_Session_Expires_Date" ON "Session" ("Expires_Date");
CREATE INDEX "IX_Tasks_User_ID_Task_ID" ON "Tasks" ("User_ID", "Task_ID");
CREATE INDEX "IX_Notes_User_ID_Note_ID" ON "Notes" ("User_ID", "Note_ID");
CREATE INDEX "IX_Events_User_ID_Starts_At_Event_ID" ON "Events" ("User_ID", "Starts_At", "Event_ID");
CREATE INDEX "IX_Data_Access_User_ID_Access_ID" ON "Data_Access" ("User_ID", "Access_ID");
CREATE UNIQUE INDEX "IX_Database_Size_User_ID_Sampled_Date" ON "Database_Size" ("User_ID", "Sampled_Date");
CREATE INDEX "IX_Database_Size_Sampled_Date" ON "Database_Size" ("Sampled_Date");
CREATE INDEX "IX_Session_Client_User_ID" ON "Session_Client" ("User_ID");
CREATE INDEX "IX_Session_State_User_ID" ON "Session_State" ("User_ID");
CREATE INDEX "IX_Data_Access_State_User_ID" ON "Data_Access_State" ("User_ID");
CREATE INDEX "IX_Recovery_Code_User_ID" ON "Recovery_Code" ("User_ID");
CREATE INDEX "IX_Pending_Sign_In_User_ID" ON "Pending_Sign_In" ("User_ID");
CREATE INDEX "IX_Pending_Sign_In_Expires_Date" ON "Pending_Sign_In" ("Expires_Date");
CREATE INDEX "IX_Known_Network_User_ID_Network_Hash" ON "Known_Network" ("User_ID", "Network_Hash");
CREATE INDEX "IX_Known_Network_Last_Date" ON "Known_Network" ("Last_Date");
CREATE UNIQUE INDEX "IX_User_Email_Normal_Email_Duplicate_ID" ON "User_Email" ("Normal_Email", "Duplicate_ID");
CREATE INDEX "IX_User_Database_Config_Health_Checked_Date" ON "User_Database_Config" ("Health", "Checked_Date");
CREATE INDEX "IX_Session_Address_User_ID" ON "Session_Address" ("User_ID");
CREATE INDEX "IX_Audit_Log_Actor" ON "Audit_Log" ("Actor");
CREATE INDEX "IX_Audit_Log_Actor_ID" ON "Audit_Log" ("Actor_ID");
CREATE INDEX "IX_Audit_Log_Action" ON "Audit_Log" ("Action");
CREATE INDEX "IX_Audit_Log_Created_Date" ON "Audit_Log" ("Created_Date");
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('Audit_Log',13);
INSERT INTO "sqlite_sequence" VALUES('Sealed_Secret',1);
INSERT INTO "sqlite_sequence" VALUES('Users',5);
INSERT INTO "sqlite_sequence" VALUES('User_Database_Config',5);
INSERT INTO "sqlite_sequence" VALUES('Job',6);
INSERT INTO "sqlite_sequence" VALUES('Job_Step',23);
INSERT INTO "sqlite_sequence" VALUES('Change_Log',10);
INSERT INTO "sqlite_sequence" VALUES('Session',2);
INSERT INTO "sqlite_sequence" VALUES('Known_Network',2);
COMMIT;
