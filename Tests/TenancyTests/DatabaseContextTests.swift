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
            #expect(required.owner == 7)
            async let child = DatabaseContext.current?.owner
            #expect(await child == 7)
            #expect(await Task { DatabaseContext.current?.owner }.value == 7)
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
            #expect(DatabaseContext.current?.owner == 7)
        }
    }

    private let reader = DatabaseContext(actor: 1, owner: 7, rights: .read)

    @Test func whoeverActsInAnothersDatabaseStaysTheActor() async throws {
        try await DatabaseContext.run(reader) {
            try await DatabaseContext.run(as: 7) { #expect(DatabaseContext.current == reader) }
            let conflicts: [TenancyError.Code?] = await [
                code { try await DatabaseContext.run(as: 8) {} },
                code { try await DatabaseContext.run(as: 1) {} },
                code { try await DatabaseContext.run(DatabaseContext(owner: 7)) {} },
                code { try await DatabaseContext.run(DatabaseContext(actor: 2, owner: 7, rights: .read)) {} },
            ]
            #expect(conflicts == [.contextConflict, .contextConflict, .contextConflict, .contextConflict])
        }
    }

    @Test func rightsShrinkAndNeverGrow() async throws {
        let writer = DatabaseContext(actor: 1, owner: 7, rights: .write)
        try await DatabaseContext.run(writer) {
            try await DatabaseContext.run(reader) {
                try await DatabaseContext.run(writer) { #expect(DatabaseContext.current == reader) }
            }
            #expect(DatabaseContext.current == writer)
        }
    }

    @Test func rightsToReadAreNoneToWrite() throws {
        try reader.require(.read)
        try DatabaseContext(owner: 7).require(.write)
        let error = #expect(throws: TenancyError.self) { try reader.require(.write) }
        #expect(error?.code == .readOnlyContext && error?.userID == 7)
        #expect(error?.message.contains("User 1 may read the database of user 7") == true)
    }

    @Test func sameUserNests() async throws {
        let seen = try await DatabaseContext.run(as: 7) {
            try await DatabaseContext.run(as: 7) { DatabaseContext.current?.owner }
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
                                if DatabaseContext.current?.owner != userID { wrong += 1 }
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
