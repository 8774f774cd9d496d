/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
DROP TABLE IF EXISTS `Audit_Chain`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Audit_Chain` (
  `Audit_ID` bigint(20) NOT NULL,
  `Hash` varchar(64) NOT NULL,
  PRIMARY KEY (`Audit_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Audit_Chain` DISABLE KEYS */;
INSERT INTO `Audit_Chain` VALUES (1,'5e7f4b99944b722a6677bf581fa1d8eccb41964241e6e31649e6d9827cb82f2e');
INSERT INTO `Audit_Chain` VALUES (2,'e676e83562bb182b718792cb746d5e840f5b87ea7482e0ca863699cb68dd4e67');
INSERT INTO `Audit_Chain` VALUES (3,'1c333e7796458fa65a4c3609136a51696964bf5ba8fc623d4456c5797512bda2');
INSERT INTO `Audit_Chain` VALUES (4,'f18c01cafba2dfd11a60726742cf58fbb18ef23427d5690a31d47f268c4a1fb9');
INSERT INTO `Audit_Chain` VALUES (5,'87890b9c94eda43a855f9e018606e814e0529dd618b8346793ec2252a95fd30e');
INSERT INTO `Audit_Chain` VALUES (6,'7efebcb35e0eb9a57b74556acf5cf6b2275ebae39d54001a0f837749b7868973');
INSERT INTO `Audit_Chain` VALUES (7,'549fc21790f47326fe623ba7ba6fc9514ac5f491197fd3d1213d8535934d6644');
INSERT INTO `Audit_Chain` VALUES (8,'a747c0d6a6ab7a6949a6aaaa35736e9842962409f75f481333b6843ff26276c8');
INSERT INTO `Audit_Chain` VALUES (9,'9be4dc06621e2fa7bc4f1abd4d87387d470791ab26365386bd78b0e61f795f3f');
INSERT INTO `Audit_Chain` VALUES (10,'255b943546f76a303e1a7e8df9c31431f07d6b7a32c5cfd47dfc670abc6a82b3');
INSERT INTO `Audit_Chain` VALUES (11,'61bdbe15a458bcbc4a4d08c15f3d81a8fc362365573b7c3da27fb732c0e27942');
INSERT INTO `Audit_Chain` VALUES (12,'961aa3eb5c3ce400530e7ab930b997b4df036948f2e0a707ced3e0dd14384636');
INSERT INTO `Audit_Chain` VALUES (13,'aace2bcf43c00faf727817fb4d62b0d66e0cc68950fd07e5bec9af4b12550109');
/*!40000 ALTER TABLE `Audit_Chain` ENABLE KEYS */;
DROP TABLE IF EXISTS `Audit_Head`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Audit_Head` (
  `Head_ID` bigint(20) NOT NULL,
  `Audit_ID` bigint(20) NOT NULL,
  `Hash` varchar(64) NOT NULL,
  PRIMARY KEY (`Head_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Audit_Head` DISABLE KEYS */;
INSERT INTO `Audit_Head` VALUES (1,13,'aace2bcf43c00faf727817fb4d62b0d66e0cc68950fd07e5bec9af4b12550109');
/*!40000 ALTER TABLE `Audit_Head` ENABLE KEYS */;
DROP TABLE IF EXISTS `Audit_Log`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Audit_Log` (
  `Audit_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `Actor_ID` bigint(20) DEFAULT NULL,
  `Action` varchar(60) NOT NULL,
  `User_ID` bigint(20) DEFAULT NULL,
  `Detail` varchar(1000) DEFAULT NULL,
  `Created_Date` datetime(3) NOT NULL,
  `Actor` varchar(200) DEFAULT NULL,
  PRIMARY KEY (`Audit_ID`),
  KEY `IX_User_ID` (`User_ID`),
  KEY `IX_Actor` (`Actor`),
  KEY `IX_Actor_ID` (`Actor_ID`),
  KEY `IX_Action` (`Action`),
  KEY `IX_Created_Date` (`Created_Date`)
) ENGINE=InnoDB AUTO_INCREMENT=14 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Audit_Log` DISABLE KEYS */;
INSERT INTO `Audit_Log` VALUES (1,NULL,'audit.begin',NULL,'older entries: 0; their digest: ; their chain: none','2026-11-28 12:12:51.249',NULL);
INSERT INTO `Audit_Log` VALUES (2,NULL,'user.create',1,'administrator','2026-11-28 12:12:51.330','cli:root@vm');
INSERT INTO `Audit_Log` VALUES (3,NULL,'user.create',2,NULL,'2026-11-28 12:12:51.732','cli:root@vm');
INSERT INTO `Audit_Log` VALUES (4,NULL,'user.create',3,NULL,'2026-11-28 12:12:52.151','cli:root@vm');
INSERT INTO `Audit_Log` VALUES (5,NULL,'user.create',4,NULL,'2026-11-28 12:12:52.461','cli:root@vm');
INSERT INTO `Audit_Log` VALUES (6,NULL,'user.create',5,NULL,'2026-11-28 12:12:52.737','cli:root@vm');
INSERT INTO `Audit_Log` VALUES (7,2,'sign_in.ok',2,'address=127.0.0.1 client=\"Python-urllib\"','2026-11-28 12:12:53.324',NULL);
INSERT INTO `Audit_Log` VALUES (8,3,'sign_in.ok',3,'address=127.0.0.1 client=\"Python-urllib\"','2026-11-28 12:12:53.413',NULL);
INSERT INTO `Audit_Log` VALUES (9,NULL,'user.suspend',3,NULL,'2026-11-28 12:12:53.620','cli:root@vm');
INSERT INTO `Audit_Log` VALUES (10,NULL,'user.delete',4,NULL,'2026-11-28 12:12:53.819','cli:root@vm');
INSERT INTO `Audit_Log` VALUES (11,NULL,'user.delete',5,NULL,'2026-11-28 12:12:54.059','cli:root@vm');
INSERT INTO `Audit_Log` VALUES (12,NULL,'user.purge_begun',5,'username=eve','2026-11-28 12:12:54.324','cli:root@vm');
INSERT INTO `Audit_Log` VALUES (13,NULL,'user.purge',5,'username=eve','2026-11-28 12:12:54.336','cli:root@vm');
/*!40000 ALTER TABLE `Audit_Log` ENABLE KEYS */;
DROP TABLE IF EXISTS `Change_Log`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Change_Log` (
  `Change_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `User_ID` bigint(20) NOT NULL,
  `Created_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Change_ID`)
) ENGINE=InnoDB AUTO_INCREMENT=11 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Change_Log` DISABLE KEYS */;
INSERT INTO `Change_Log` VALUES (1,1,'2026-11-28 12:12:51.377');
INSERT INTO `Change_Log` VALUES (2,2,'2026-11-28 12:12:51.779');
INSERT INTO `Change_Log` VALUES (3,3,'2026-11-28 12:12:52.191');
INSERT INTO `Change_Log` VALUES (4,4,'2026-11-28 12:12:52.490');
INSERT INTO `Change_Log` VALUES (5,5,'2026-11-28 12:12:52.793');
INSERT INTO `Change_Log` VALUES (6,3,'2026-11-28 12:12:53.620');
INSERT INTO `Change_Log` VALUES (7,4,'2026-11-28 12:12:53.819');
INSERT INTO `Change_Log` VALUES (8,5,'2026-11-28 12:12:54.059');
INSERT INTO `Change_Log` VALUES (9,5,'2026-11-28 12:12:54.324');
INSERT INTO `Change_Log` VALUES (10,5,'2026-11-28 12:12:54.336');
/*!40000 ALTER TABLE `Change_Log` ENABLE KEYS */;
DROP TABLE IF EXISTS `Data_Access`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Data_Access` (
  `Access_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `Token_Hash` varchar(64) NOT NULL,
  `User_ID` bigint(20) NOT NULL,
  `Actor_ID` bigint(20) NOT NULL,
  `Reason` varchar(500) NOT NULL,
  `Created_Date` datetime(3) NOT NULL,
  `Expires_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Access_ID`),
  UNIQUE KEY `Token_Hash` (`Token_Hash`),
  KEY `IX_User_ID_Access_ID` (`User_ID`,`Access_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Data_Access` DISABLE KEYS */;
/*!40000 ALTER TABLE `Data_Access` ENABLE KEYS */;
DROP TABLE IF EXISTS `Data_Access_State`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Data_Access_State` (
  `Access_ID` bigint(20) NOT NULL,
  `User_ID` bigint(20) NOT NULL,
  `Session_ID` bigint(20) NOT NULL,
  `Ended_Date` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`Access_ID`),
  KEY `IX_User_ID` (`User_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Data_Access_State` DISABLE KEYS */;
/*!40000 ALTER TABLE `Data_Access_State` ENABLE KEYS */;
DROP TABLE IF EXISTS `Database_Identity`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Database_Identity` (
  `Identity_ID` bigint(20) NOT NULL,
  `User_ID` bigint(20) NOT NULL,
  `Database_UUID` varchar(36) NOT NULL,
  `Schema_Version` bigint(20) NOT NULL,
  `Schema_Fingerprint` varchar(64) NOT NULL,
  PRIMARY KEY (`Identity_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Database_Identity` DISABLE KEYS */;
/*!40000 ALTER TABLE `Database_Identity` ENABLE KEYS */;
DROP TABLE IF EXISTS `Database_Server`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Database_Server` (
  `Server_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `Name` varchar(63) NOT NULL,
  `DB_Type` varchar(50) NOT NULL,
  `Host` varchar(255) DEFAULT NULL,
  `Port` bigint(20) DEFAULT NULL,
  `Login` varchar(255) DEFAULT NULL,
  `Password` longtext DEFAULT NULL,
  `TLS` varchar(500) NOT NULL DEFAULT 'prefer',
  `Max_Connections` bigint(20) NOT NULL,
  `Region` varchar(64) DEFAULT NULL,
  `State` varchar(20) NOT NULL,
  `Created_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Server_ID`),
  UNIQUE KEY `Name` (`Name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Database_Server` DISABLE KEYS */;
/*!40000 ALTER TABLE `Database_Server` ENABLE KEYS */;
DROP TABLE IF EXISTS `Database_Size`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Database_Size` (
  `Size_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `User_ID` bigint(20) NOT NULL,
  `Sampled_Date` datetime(3) NOT NULL,
  `Size_Bytes` bigint(20) NOT NULL,
  PRIMARY KEY (`Size_ID`),
  UNIQUE KEY `IX_User_ID_Sampled_Date` (`User_ID`,`Sampled_Date`),
  KEY `IX_Sampled_Date` (`Sampled_Date`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Database_Size` DISABLE KEYS */;
/*!40000 ALTER TABLE `Database_Size` ENABLE KEYS */;
DROP TABLE IF EXISTS `Events`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Events` (
  `Event_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `User_ID` bigint(20) NOT NULL,
  `Title` varchar(500) NOT NULL,
  `Starts_At` datetime(3) NOT NULL,
  `Ends_At` datetime(3) NOT NULL,
  `Location` varchar(500) DEFAULT NULL,
  `Description` longtext DEFAULT NULL,
  `Created_Date` datetime(3) NOT NULL,
  `Updated_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Event_ID`),
  KEY `IX_User_ID_Starts_At_Event_ID` (`User_ID`,`Starts_At`,`Event_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Events` DISABLE KEYS */;
/*!40000 ALTER TABLE `Events` ENABLE KEYS */;
DROP TABLE IF EXISTS `Installation`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Installation` (
  `Installation_ID` bigint(20) NOT NULL,
  `Mode` varchar(20) NOT NULL,
  `Is_Chosen` tinyint(1) NOT NULL,
  `Updated_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Installation_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Installation` DISABLE KEYS */;
INSERT INTO `Installation` VALUES (1,'multi-tenant',1,'2026-11-28 12:12:51.258');
/*!40000 ALTER TABLE `Installation` ENABLE KEYS */;
DROP TABLE IF EXISTS `Invitation`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Invitation` (
  `Invitation_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `Token_Hash` varchar(64) NOT NULL,
  `Email` varchar(254) DEFAULT NULL,
  `Created_Date` datetime(3) NOT NULL,
  `Expires_Date` datetime(3) NOT NULL,
  `Used_Date` datetime(3) DEFAULT NULL,
  `Used_User_ID` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`Invitation_ID`),
  UNIQUE KEY `Token_Hash` (`Token_Hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Invitation` DISABLE KEYS */;
/*!40000 ALTER TABLE `Invitation` ENABLE KEYS */;
DROP TABLE IF EXISTS `Job`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Job` (
  `Job_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `Kind` varchar(30) NOT NULL,
  `User_ID` bigint(20) DEFAULT NULL,
  `State` varchar(20) NOT NULL,
  `Error` varchar(1000) DEFAULT NULL,
  `Attempts` bigint(20) NOT NULL DEFAULT 0,
  `Created_Date` datetime(3) NOT NULL,
  `Updated_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Job_ID`),
  KEY `IX_State_Job_ID` (`State`,`Job_ID`),
  KEY `IX_User_ID` (`User_ID`)
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Job` DISABLE KEYS */;
INSERT INTO `Job` VALUES (1,'register',1,'done',NULL,1,'2026-11-28 12:12:51.336','2026-11-28 12:12:51.377');
INSERT INTO `Job` VALUES (2,'register',2,'done',NULL,1,'2026-11-28 12:12:51.740','2026-11-28 12:12:51.779');
INSERT INTO `Job` VALUES (3,'register',3,'done',NULL,1,'2026-11-28 12:12:52.157','2026-11-28 12:12:52.191');
INSERT INTO `Job` VALUES (4,'register',4,'done',NULL,1,'2026-11-28 12:12:52.466','2026-11-28 12:12:52.490');
INSERT INTO `Job` VALUES (5,'register',5,'done',NULL,1,'2026-11-28 12:12:52.745','2026-11-28 12:12:52.793');
INSERT INTO `Job` VALUES (6,'purge',5,'done',NULL,1,'2026-11-28 12:12:54.324','2026-11-28 12:12:54.336');
/*!40000 ALTER TABLE `Job` ENABLE KEYS */;
DROP TABLE IF EXISTS `Job_Step`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Job_Step` (
  `Job_Step_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `Job_ID` bigint(20) NOT NULL,
  `Step` varchar(30) NOT NULL,
  `Completed_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Job_Step_ID`),
  KEY `IX_Job_ID` (`Job_ID`),
  CONSTRAINT `Job_Step_ibfk_1` FOREIGN KEY (`Job_ID`) REFERENCES `Job` (`Job_ID`)
) ENGINE=InnoDB AUTO_INCREMENT=24 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Job_Step` DISABLE KEYS */;
INSERT INTO `Job_Step` VALUES (1,1,'reserve','2026-11-28 12:12:51.336');
INSERT INTO `Job_Step` VALUES (2,1,'make','2026-11-28 12:12:51.377');
INSERT INTO `Job_Step` VALUES (3,1,'verify','2026-11-28 12:12:51.377');
INSERT INTO `Job_Step` VALUES (4,1,'activate','2026-11-28 12:12:51.377');
INSERT INTO `Job_Step` VALUES (5,2,'reserve','2026-11-28 12:12:51.740');
INSERT INTO `Job_Step` VALUES (6,2,'make','2026-11-28 12:12:51.779');
INSERT INTO `Job_Step` VALUES (7,2,'verify','2026-11-28 12:12:51.779');
INSERT INTO `Job_Step` VALUES (8,2,'activate','2026-11-28 12:12:51.779');
INSERT INTO `Job_Step` VALUES (9,3,'reserve','2026-11-28 12:12:52.157');
INSERT INTO `Job_Step` VALUES (10,3,'make','2026-11-28 12:12:52.191');
INSERT INTO `Job_Step` VALUES (11,3,'verify','2026-11-28 12:12:52.191');
INSERT INTO `Job_Step` VALUES (12,3,'activate','2026-11-28 12:12:52.191');
INSERT INTO `Job_Step` VALUES (13,4,'reserve','2026-11-28 12:12:52.466');
INSERT INTO `Job_Step` VALUES (14,4,'make','2026-11-28 12:12:52.490');
INSERT INTO `Job_Step` VALUES (15,4,'verify','2026-11-28 12:12:52.490');
INSERT INTO `Job_Step` VALUES (16,4,'activate','2026-11-28 12:12:52.490');
INSERT INTO `Job_Step` VALUES (17,5,'reserve','2026-11-28 12:12:52.745');
INSERT INTO `Job_Step` VALUES (18,5,'make','2026-11-28 12:12:52.793');
INSERT INTO `Job_Step` VALUES (19,5,'verify','2026-11-28 12:12:52.793');
INSERT INTO `Job_Step` VALUES (20,5,'activate','2026-11-28 12:12:52.793');
INSERT INTO `Job_Step` VALUES (21,6,'shred','2026-11-28 12:12:54.324');
INSERT INTO `Job_Step` VALUES (22,6,'drop','2026-11-28 12:12:54.334');
INSERT INTO `Job_Step` VALUES (23,6,'forget','2026-11-28 12:12:54.336');
/*!40000 ALTER TABLE `Job_Step` ENABLE KEYS */;
DROP TABLE IF EXISTS `Known_Network`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Known_Network` (
  `Network_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `User_ID` bigint(20) NOT NULL,
  `Network_Hash` varchar(64) NOT NULL,
  `Last_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Network_ID`),
  KEY `IX_User_ID_Network_Hash` (`User_ID`,`Network_Hash`),
  KEY `IX_Last_Date` (`Last_Date`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Known_Network` DISABLE KEYS */;
INSERT INTO `Known_Network` VALUES (1,2,'39071d7ebfddce534ee502ffd9a054b1e9df8b9048e721f21d23186d6ef88c62','2026-11-28 12:12:53.324');
INSERT INTO `Known_Network` VALUES (2,3,'dcad752348ac09fe4b6d5d7c4aa64a3a6001407a49dedf7b352c87e4a45b5fc7','2026-11-28 12:12:53.413');
/*!40000 ALTER TABLE `Known_Network` ENABLE KEYS */;
DROP TABLE IF EXISTS `Main_Generation`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Main_Generation` (
  `Number` bigint(20) NOT NULL,
  `Tag` varchar(32) NOT NULL,
  PRIMARY KEY (`Number`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Main_Generation` DISABLE KEYS */;
INSERT INTO `Main_Generation` VALUES (1,'624b48c2879d411a0487a2c932b6d6f1');
INSERT INTO `Main_Generation` VALUES (2,'d0956e1dc93ab418c3a80a115d0475ac');
INSERT INTO `Main_Generation` VALUES (3,'9549f14e44bb2e9b2678c0a2ef8646a3');
INSERT INTO `Main_Generation` VALUES (4,'e0387ca661407552eab2aced3ef8faa5');
INSERT INTO `Main_Generation` VALUES (5,'3a8259a5d04b22d32dc496d92ee81f4a');
INSERT INTO `Main_Generation` VALUES (6,'297051bfcda7f46be4433d873e6b90a1');
INSERT INTO `Main_Generation` VALUES (7,'75f3ec2eee424fbb1b9ca67efdb0aa75');
INSERT INTO `Main_Generation` VALUES (8,'bff9285ddfff3c53a743562933e6e171');
INSERT INTO `Main_Generation` VALUES (9,'60838d86d3f2a8f7d6c5f99ded23ae3b');
INSERT INTO `Main_Generation` VALUES (10,'5a65990c3096e428a4a5499c95da6f90');
INSERT INTO `Main_Generation` VALUES (11,'9a2054a0cb93aba62e45f109dd36be18');
/*!40000 ALTER TABLE `Main_Generation` ENABLE KEYS */;
DROP TABLE IF EXISTS `Master_Key`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Master_Key` (
  `Key_ID` varchar(16) NOT NULL,
  `Check_Value` longtext NOT NULL,
  `Is_Current` tinyint(1) NOT NULL,
  `Created_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Key_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Master_Key` DISABLE KEYS */;
INSERT INTO `Master_Key` VALUES ('11b8181a5d018a81','v1.11b8181a5d018a81.FWVXE_AUL78UB7LE_HKUQsoX8h1b01i4v7fxpgVpquD2RAmG3nbYCXiTKmBdGVi8jq5dWhEWHDez3qY9.1HMeHUeWZ8xRkhxmF4HPld458nk5sWRwECNREe_A8sSxTSKDHhMp2-vVUaofaGuW7daBaEDXy8ULoX9c5vNwALnesig0r-XU2ZWENGHsrndg17N8',1,'2026-11-28 12:12:51.249');
/*!40000 ALTER TABLE `Master_Key` ENABLE KEYS */;
DROP TABLE IF EXISTS `Notes`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Notes` (
  `Note_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `User_ID` bigint(20) NOT NULL,
  `Title` varchar(500) NOT NULL,
  `Body` longtext NOT NULL,
  `Created_Date` datetime(3) NOT NULL,
  `Updated_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Note_ID`),
  KEY `IX_User_ID_Note_ID` (`User_ID`,`Note_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Notes` DISABLE KEYS */;
/*!40000 ALTER TABLE `Notes` ENABLE KEYS */;
DROP TABLE IF EXISTS `Password_Link`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Password_Link` (
  `User_ID` bigint(20) NOT NULL,
  `Token_Hash` varchar(64) NOT NULL,
  `Expires_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`User_ID`),
  UNIQUE KEY `Token_Hash` (`Token_Hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Password_Link` DISABLE KEYS */;
/*!40000 ALTER TABLE `Password_Link` ENABLE KEYS */;
DROP TABLE IF EXISTS `Pending_Sign_In`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Pending_Sign_In` (
  `Pending_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `Token_Hash` varchar(64) NOT NULL,
  `User_ID` bigint(20) NOT NULL,
  `Expires_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Pending_ID`),
  UNIQUE KEY `Token_Hash` (`Token_Hash`),
  KEY `IX_User_ID` (`User_ID`),
  KEY `IX_Expires_Date` (`Expires_Date`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Pending_Sign_In` DISABLE KEYS */;
/*!40000 ALTER TABLE `Pending_Sign_In` ENABLE KEYS */;
DROP TABLE IF EXISTS `Recovery_Code`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Recovery_Code` (
  `Code_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `User_ID` bigint(20) NOT NULL,
  `Code_Hash` varchar(64) NOT NULL,
  PRIMARY KEY (`Code_ID`),
  KEY `IX_User_ID` (`User_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Recovery_Code` DISABLE KEYS */;
/*!40000 ALTER TABLE `Recovery_Code` ENABLE KEYS */;
DROP TABLE IF EXISTS `Schema_Migrations`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Schema_Migrations` (
  `Version` bigint(20) NOT NULL,
  `Name` varchar(200) NOT NULL,
  `Applied_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Schema_Migrations` DISABLE KEYS */;
INSERT INTO `Schema_Migrations` VALUES (1,'catalog','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (2,'sessions','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (3,'items','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (4,'audit chain','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (5,'data access','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (6,'tombstones','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (7,'database sizes','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (8,'clients of sessions','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (9,'sealed secrets','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (10,'states of sessions and accesses','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (11,'second factor','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (12,'generations','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (13,'known networks','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (14,'invitations','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (15,'normal forms of addresses','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (16,'health of databases','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (17,'installation','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (18,'account recovery','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (19,'actors of audit entries','2026-11-28 12:12:50.917');
INSERT INTO `Schema_Migrations` VALUES (20,'suspensions of deleted users','2026-11-28 12:12:50.917');
/*!40000 ALTER TABLE `Schema_Migrations` ENABLE KEYS */;
DROP TABLE IF EXISTS `Sealed_Secret`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Sealed_Secret` (
  `Secret_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `Name` varchar(100) NOT NULL,
  `Sealed` longtext NOT NULL,
  `Created_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Secret_ID`),
  UNIQUE KEY `Name` (`Name`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Sealed_Secret` DISABLE KEYS */;
INSERT INTO `Sealed_Secret` VALUES (1,'password-pepper','v1.11b8181a5d018a81.9EIAtt-WIYTWRrhCS4QNCcOdVbB90IBMFYiuq9EW3-X6zWXXPGw9D-cG5tr0EtKtocmFuchADb0nIKz2.nYnNCwVT3-AqRF6lsmMa5l6WhSnqnDrj-HeUzvhxGTMZlo9A5hUPZkCadwU4vfLMbCR_u3MOo96aG-762yL4JgvLAY3CGdc','2026-11-28 12:12:51.267');
/*!40000 ALTER TABLE `Sealed_Secret` ENABLE KEYS */;
DROP TABLE IF EXISTS `Second_Factor`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Second_Factor` (
  `User_ID` bigint(20) NOT NULL,
  `Confirmed_Date` datetime(3) DEFAULT NULL,
  `Last_Step` bigint(20) NOT NULL,
  `Created_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`User_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Second_Factor` DISABLE KEYS */;
/*!40000 ALTER TABLE `Second_Factor` ENABLE KEYS */;
DROP TABLE IF EXISTS `Session`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Session` (
  `Session_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `Token_Hash` varchar(64) NOT NULL,
  `User_ID` bigint(20) NOT NULL,
  `Created_Date` datetime(3) NOT NULL,
  `Expires_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Session_ID`),
  UNIQUE KEY `Token_Hash` (`Token_Hash`),
  KEY `IX_User_ID` (`User_ID`),
  KEY `IX_Expires_Date` (`Expires_Date`),
  CONSTRAINT `Session_ibfk_1` FOREIGN KEY (`User_ID`) REFERENCES `Users` (`User_ID`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Session` DISABLE KEYS */;
INSERT INTO `Session` VALUES (1,'2d395a32159e85b977b0587db8bc4545f43fc21a8fcc32764dfec35e5f5f5527',2,'2026-11-28 12:12:53.324','2026-12-12 12:12:53.324');
/*!40000 ALTER TABLE `Session` ENABLE KEYS */;
DROP TABLE IF EXISTS `Session_Address`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Session_Address` (
  `Session_ID` bigint(20) NOT NULL,
  `User_ID` bigint(20) NOT NULL,
  `Address` varchar(64) NOT NULL,
  PRIMARY KEY (`Session_ID`),
  KEY `IX_User_ID` (`User_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Session_Address` DISABLE KEYS */;
INSERT INTO `Session_Address` VALUES (1,2,'127.0.0.1');
INSERT INTO `Session_Address` VALUES (2,3,'127.0.0.1');
/*!40000 ALTER TABLE `Session_Address` ENABLE KEYS */;
DROP TABLE IF EXISTS `Session_Client`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Session_Client` (
  `Session_ID` bigint(20) NOT NULL,
  `User_ID` bigint(20) NOT NULL,
  `Client` varchar(100) NOT NULL,
  PRIMARY KEY (`Session_ID`),
  KEY `IX_User_ID` (`User_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Session_Client` DISABLE KEYS */;
INSERT INTO `Session_Client` VALUES (1,2,'Python-urllib');
INSERT INTO `Session_Client` VALUES (2,3,'Python-urllib');
/*!40000 ALTER TABLE `Session_Client` ENABLE KEYS */;
DROP TABLE IF EXISTS `Session_State`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Session_State` (
  `Session_ID` bigint(20) NOT NULL,
  `User_ID` bigint(20) NOT NULL,
  `Confirmed_Date` datetime(3) DEFAULT NULL,
  `Used_Date` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`Session_ID`),
  KEY `IX_User_ID` (`User_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Session_State` DISABLE KEYS */;
/*!40000 ALTER TABLE `Session_State` ENABLE KEYS */;
DROP TABLE IF EXISTS `Tasks`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Tasks` (
  `Task_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `User_ID` bigint(20) NOT NULL,
  `Title` varchar(500) NOT NULL,
  `Description` longtext DEFAULT NULL,
  `Due_Date` datetime(3) DEFAULT NULL,
  `Priority` bigint(20) NOT NULL DEFAULT 0,
  `Is_Done` tinyint(1) NOT NULL DEFAULT 0,
  `Created_Date` datetime(3) NOT NULL,
  `Updated_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Task_ID`),
  KEY `IX_User_ID_Task_ID` (`User_ID`,`Task_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Tasks` DISABLE KEYS */;
/*!40000 ALTER TABLE `Tasks` ENABLE KEYS */;
DROP TABLE IF EXISTS `Tombstone`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Tombstone` (
  `User_ID` bigint(20) NOT NULL,
  `Database_UUID` varchar(36) DEFAULT NULL,
  `Purged_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`User_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Tombstone` DISABLE KEYS */;
INSERT INTO `Tombstone` VALUES (5,'14dc7713-1020-4a9b-9359-85e6d96ed870','2026-11-28 12:12:54.336');
/*!40000 ALTER TABLE `Tombstone` ENABLE KEYS */;
DROP TABLE IF EXISTS `User_Database_Config`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `User_Database_Config` (
  `Config_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `User_ID` bigint(20) NOT NULL,
  `DB_Type` varchar(50) NOT NULL DEFAULT 'sqlite',
  `DB_Host` varchar(255) DEFAULT NULL,
  `DB_Port` bigint(20) DEFAULT NULL,
  `DB_Name` varchar(255) DEFAULT NULL,
  `DB_User` varchar(255) DEFAULT NULL,
  `DB_Password` longtext DEFAULT NULL,
  `DB_Next_Password` longtext DEFAULT NULL,
  `DB_TLS` varchar(500) NOT NULL DEFAULT 'prefer',
  `DB_Path` varchar(500) DEFAULT NULL,
  `Is_Active` tinyint(1) NOT NULL DEFAULT 1,
  `Created_Date` datetime(3) NOT NULL,
  `Database_UUID` varchar(36) NOT NULL,
  `Epoch` bigint(20) NOT NULL,
  `State` varchar(20) NOT NULL,
  `Server_ID` bigint(20) DEFAULT NULL,
  `Schema_Version` bigint(20) NOT NULL,
  `Schema_Fingerprint` varchar(64) NOT NULL,
  `Key_ID` varchar(16) DEFAULT NULL,
  `Updated_Date` datetime(3) NOT NULL,
  `Health` varchar(20) NOT NULL DEFAULT 'healthy',
  `Health_Reason` varchar(50) DEFAULT NULL,
  `Health_Date` datetime(3) DEFAULT NULL,
  `Checked_Date` datetime(3) NOT NULL DEFAULT '1970-01-01 00:00:00.000',
  PRIMARY KEY (`Config_ID`),
  UNIQUE KEY `User_ID` (`User_ID`),
  UNIQUE KEY `Database_UUID` (`Database_UUID`),
  KEY `IX_DB_Name` (`DB_Name`),
  KEY `IX_Server_ID` (`Server_ID`),
  KEY `IX_Health_Checked_Date` (`Health`,`Checked_Date`),
  CONSTRAINT `User_Database_Config_ibfk_1` FOREIGN KEY (`User_ID`) REFERENCES `Users` (`User_ID`),
  CONSTRAINT `User_Database_Config_ibfk_2` FOREIGN KEY (`Server_ID`) REFERENCES `Database_Server` (`Server_ID`)
) ENGINE=InnoDB AUTO_INCREMENT=6 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `User_Database_Config` DISABLE KEYS */;
INSERT INTO `User_Database_Config` VALUES (1,1,'sqlite',NULL,NULL,NULL,NULL,NULL,NULL,'prefer','users/01/user_1.db',1,'2026-11-28 12:12:51.336','f50a19a1-cebf-48a4-98ce-b53d5e435317',2,'active',NULL,1,'efe9486d6b6cce60ad8cf2d91d3fab1a',NULL,'2026-11-28 12:12:51.377','healthy',NULL,NULL,'2026-11-28 12:12:51.336');
INSERT INTO `User_Database_Config` VALUES (2,2,'sqlite',NULL,NULL,NULL,NULL,NULL,NULL,'prefer','users/02/user_2.db',1,'2026-11-28 12:12:51.740','674ee9fd-4f54-46fe-81d5-ad37dd64d385',2,'active',NULL,1,'efe9486d6b6cce60ad8cf2d91d3fab1a',NULL,'2026-11-28 12:12:51.779','healthy',NULL,NULL,'2026-11-28 12:12:51.740');
INSERT INTO `User_Database_Config` VALUES (3,3,'sqlite',NULL,NULL,NULL,NULL,NULL,NULL,'prefer','users/03/user_3.db',0,'2026-11-28 12:12:52.157','82d399e1-1b9a-41a7-a411-a0eb526d0444',3,'suspended',NULL,1,'efe9486d6b6cce60ad8cf2d91d3fab1a',NULL,'2026-11-28 12:12:53.620','healthy',NULL,NULL,'2026-11-28 12:12:52.157');
INSERT INTO `User_Database_Config` VALUES (4,4,'sqlite',NULL,NULL,NULL,NULL,NULL,NULL,'prefer','users/04/user_4.db',0,'2026-11-28 12:12:52.466','d386022d-4fed-4951-87c9-910dc29c6cff',3,'suspended',NULL,1,'efe9486d6b6cce60ad8cf2d91d3fab1a',NULL,'2026-11-28 12:12:53.819','healthy',NULL,NULL,'2026-11-28 12:12:52.466');
/*!40000 ALTER TABLE `User_Database_Config` ENABLE KEYS */;
DROP TABLE IF EXISTS `User_Email`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `User_Email` (
  `User_ID` bigint(20) NOT NULL,
  `Normal_Email` varchar(254) NOT NULL,
  `Duplicate_ID` bigint(20) NOT NULL DEFAULT 0,
  PRIMARY KEY (`User_ID`),
  UNIQUE KEY `IX_Normal_Email_Duplicate_ID` (`Normal_Email`,`Duplicate_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `User_Email` DISABLE KEYS */;
INSERT INTO `User_Email` VALUES (1,'ada@example.org',0);
INSERT INTO `User_Email` VALUES (2,'bob@example.org',0);
INSERT INTO `User_Email` VALUES (3,'cyd@example.org',0);
INSERT INTO `User_Email` VALUES (4,'dan@example.org',0);
/*!40000 ALTER TABLE `User_Email` ENABLE KEYS */;
DROP TABLE IF EXISTS `Users`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Users` (
  `User_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `Username` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL,
  `Email` varchar(254) NOT NULL,
  `Password_Hash` varchar(255) DEFAULT NULL,
  `Is_Admin` tinyint(1) NOT NULL DEFAULT 0,
  `Is_Active` tinyint(1) NOT NULL DEFAULT 1,
  `Region` varchar(64) DEFAULT NULL,
  `Created_Date` datetime(3) NOT NULL,
  `Deleted_Date` datetime(3) DEFAULT NULL,
  `Was_Suspended` tinyint(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (`User_ID`),
  UNIQUE KEY `Username` (`Username`),
  UNIQUE KEY `Email` (`Email`)
) ENGINE=InnoDB AUTO_INCREMENT=6 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Users` DISABLE KEYS */;
INSERT INTO `Users` VALUES (1,'ada','ada@example.org','unify1$3070c6570c859c0e$argon2id$v=19$m=19456,t=2,p=1$mufHRJQivA6cP7E2pK0khg$c6UVjc3ZbNidOI3CwYTUlFppjvF0zrPBpD7LIw0HuYM',1,1,NULL,'2026-11-28 12:12:51.330',NULL,0);
INSERT INTO `Users` VALUES (2,'bob','bob@example.org','unify1$3070c6570c859c0e$argon2id$v=19$m=19456,t=2,p=1$E1mnYKSEfz6nX2FZcNP3pw$YM24HDYMxSDQa8zApHVNKcUTxqvhPtTMkNGFFLeAdng',0,1,NULL,'2026-11-28 12:12:51.732',NULL,0);
INSERT INTO `Users` VALUES (3,'cyd','cyd@example.org','unify1$3070c6570c859c0e$argon2id$v=19$m=19456,t=2,p=1$qIoWNOoEf5ESbrheslYraA$6YFS5EIK/dG1x6VqEyvFwSL0BBVWzxbpHqvhLiTqBQ8',0,0,NULL,'2026-11-28 12:12:52.151',NULL,0);
INSERT INTO `Users` VALUES (4,'dan','dan@example.org','unify1$3070c6570c859c0e$argon2id$v=19$m=19456,t=2,p=1$miW3LvyqUz0ljSjbrrpGGA$MKIO39qrKXbBt3kSrTlhtqXfHvJemyUh0lrAs57GEf8',0,0,NULL,'2026-11-28 12:12:52.461','2026-11-28 12:12:53.819',0);
/*!40000 ALTER TABLE `Users` ENABLE KEYS */;
DROP TABLE IF EXISTS `Warm_Database`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `Warm_Database` (
  `Warm_ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `Server_ID` bigint(20) NOT NULL,
  `DB_Name` varchar(63) NOT NULL,
  `DB_Password` longtext NOT NULL,
  `Schema_Fingerprint` varchar(64) NOT NULL,
  `State` varchar(20) NOT NULL,
  `Updated_Date` datetime(3) NOT NULL,
  PRIMARY KEY (`Warm_ID`),
  UNIQUE KEY `DB_Name` (`DB_Name`),
  KEY `Server_ID` (`Server_ID`),
  CONSTRAINT `Warm_Database_ibfk_1` FOREIGN KEY (`Server_ID`) REFERENCES `Database_Server` (`Server_ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `Warm_Database` DISABLE KEYS */;
/*!40000 ALTER TABLE `Warm_Database` ENABLE KEYS */;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;
