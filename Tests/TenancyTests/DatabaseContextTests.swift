internal import Tenancy
import Testing

@Suite("DatabaseContext", .timeLimit(.minutes(1)))
struct DatabaseContextTests {
    @Test func requiredThrowsOutsideAnyContext() {
        #expect(DatabaseContext.current == nil)
        let error = #expect(throws: TenancyError.self) { try DatabaseContext.required() }
        #expect(error?.code == .noUserContext)
    }

    @Test func bodyAndItsChildrenSeeTheUser() async throws {
        try await DatabaseContext.run(as: 7) {
            let required = try DatabaseContext.required()
            #expect(required.userID == 7)
            async let child = DatabaseContext.current?.userID
            #expect(await child == 7)
            #expect(await Task { DatabaseContext.current?.userID }.value == 7)
        }
        #expect(DatabaseContext.current == nil)
    }

    @Test func detachedTaskSeesNoUser() async throws {
        try await DatabaseContext.run(as: 7) {
            #expect(await Task.detached { DatabaseContext.current }.value == nil)
        }
    }

    @Test func anotherUserInsideIsAConflict() async throws {
        try await DatabaseContext.run(as: 7) {
            let error = await #expect(throws: TenancyError.self) {
                try await DatabaseContext.run(as: 8) { Issue.record("the body must not run") }
            }
            #expect(error?.code == .contextConflict)
            #expect(error?.userID == 8)
            #expect(DatabaseContext.current?.userID == 7)
        }
    }

    @Test func sameUserNests() async throws {
        let seen = try await DatabaseContext.run(as: 7) {
            try await DatabaseContext.run(as: 7) { DatabaseContext.current?.userID }
        }
        #expect(seen == 7)
    }

    @Test func errorLeavesNothingBehind() async {
        await #expect(throws: CancellationError.self) {
            try await DatabaseContext.run(as: 7) { throw CancellationError() }
        }
        #expect(DatabaseContext.current == nil)
    }

    @Test func interleavedTasksNeverSeeEachOthersUser() async throws {
        let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...500 {
                let userID = try #require(UserID(Int64(number)))
                group.addTask {
                    var wrong = 0
                    for _ in 0..<5 {
                        if DatabaseContext.current != nil { wrong += 1 }
                        wrong += try await DatabaseContext.run(as: userID) {
                            var wrong = 0
                            for _ in 0..<5 {
                                await Task.yield()
                                if DatabaseContext.current?.userID != userID { wrong += 1 }
                            }
                            return wrong
                        }
                        if DatabaseContext.current != nil { wrong += 1 }
                    }
                    return wrong
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(wrong == 0)
        #expect(DatabaseContext.current == nil)
    }
}
