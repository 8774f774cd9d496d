internal import Tenancy
import Testing

@Suite("UserDatabaseFiles")
struct UserDatabaseFilesTests {
    @Test(
        arguments: [
            (1, "users/01/user_1.db"), (15, "users/0f/user_15.db"), (255, "users/ff/user_255.db"),
            (256, "users/00/user_256.db"), (100_000, "users/a0/user_100000.db"),
            (.max, "users/ff/user_9223372036854775807.db"),
        ] as [(Int64, String)])
    func pathComesFromTheNumberAlone(number: Int64, path: String) throws {
        let userID = try #require(UserID(number))
        #expect(UserDatabaseFiles.relativePath(of: userID) == path)
        #expect(UserDatabaseFiles.owner(ofRelativePath: path) == userID)
    }

    @Test(arguments: [
        "", "user_1.db", "users/user_1.db", "users/02/user_1.db", "users/1/user_1.db", "users/01/user_01.db",
        "users/01/user_1.db-wal", "users/01/user_1", "users/01/user_.db", "users/00/user_0.db", "users/ff/user_-1.db",
        "users/01//user_1.db", "/users/01/user_1.db", "users/01/../01/user_1.db", "users/01/user_1.db/",
        "users/0F/user_15.db", "users/01/User_1.db", "users/01/user_+1.db", "users/01/user_1.db\0",
        "x/users/01/user_1.db",
    ])
    func knowsNoOwnerOfOtherPaths(path: String) {
        #expect(UserDatabaseFiles.owner(ofRelativePath: path) == nil)
    }

    @Test func noTwoUsersShareAFile() {
        let paths = (1...5000).compactMap { UserID(Int64($0)) }.map(UserDatabaseFiles.relativePath)
        #expect(Set(paths).count == 5000)
        #expect(Set(paths.map { $0.split(separator: "/")[1] }).count == 256)
    }

    @Test func absolutePathLiesInTheDirectory() {
        #expect(UserDatabaseFiles(directory: "/data").absolutePath("users/01/user_1.db") == "/data/users/01/user_1.db")
    }
}
