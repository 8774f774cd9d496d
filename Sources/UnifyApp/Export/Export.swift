internal import Hummingbird
internal import NIOCore
internal import Tenancy

/// Everything of one user, sent as a zip file while it is read.
struct Export: Sendable {
    /// Bytes of the database's copy that are read at a time.
    static let pieceBytes = 256 * 1024
    /// Beyond this an entry is written as one that may be larger than 4 GiB.
    static let largeBytes: Int64 = 1024 * 1024 * 1024

    let user: UserAccount
    /// Who reads it.
    let context: DatabaseContext
    let data: UserData
    /// Nil if the user has no file of their own.
    let copy: ExportFolder.Copy?
    let threads: WorkerThreads
    let date: Timestamp
    /// Whether the session or the access that asked for it has not ended. A client that reads slowly can make an export last
    /// for hours.
    let isAllowed: @Sendable () async throws -> Bool

    func write(to writer: inout any ResponseBodyWriter) async throws {
        var archive = ZipStream()
        try await writeItems(to: &writer, &archive)
        if let copy { try await write(copy, to: &writer, &archive) }
        try await writer.write(archive.finish())
        try await writer.finish(nil)
    }

    private func writeItems(to writer: inout any ResponseBodyWriter, _ archive: inout ZipStream) async throws {
        // Without a file of their own, the size of a user's rows is unknown.
        let isLarge = copy.map { $0.sizeBytes > Self.largeBytes } ?? true
        try await writer.write(archive.begin("unify-export.json", isLarge: isLarge))
        var head = JSONWriter.object { json in
            json.member("exported_at", date)
            json.name("user")
            json.user(user)
        }
        // Further members of the object follow.
        head.moveWriterIndex(to: head.writerIndex - 1)
        try await write(head, to: &writer, &archive)
        try await write(all: TaskItem.self, to: &writer, &archive)
        try await write(all: NoteItem.self, to: &writer, &archive)
        try await write(all: EventItem.self, to: &writer, &archive)
        try await write(ByteBuffer(string: "}"), to: &writer, &archive)
        try await writer.write(archive.end())
    }

    /// Cuts the answer off once nobody may have it any more.
    private func requireSession() async throws {
        guard try await isAllowed() else { throw Problem.notSignedIn }
    }

    /// Every item, read in pages, so that the user's other requests can run in between.
    private func write<Item: UserItem>(
        all _: Item.Type, to writer: inout any ResponseBodyWriter, _ archive: inout ZipStream
    ) async throws {
        try await write(ByteBuffer(string: ",\"\(Item.collection)\":["), to: &writer, &archive)
        var cursor: Cursor?
        var isFirst = true
        repeat {
            let (page, next) = try await page(of: Item.self, after: cursor, isFirst: isFirst)
            try await write(page, to: &writer, &archive)
            cursor = next
            isFirst = false
        } while cursor != nil
        try await write(ByteBuffer(string: "]"), to: &writer, &archive)
    }

    /// The items of a page, separated by commas, with a leading comma unless it is the first page.
    private func page<Item: UserItem>(
        of _: Item.Type, after cursor: Cursor?, isFirst: Bool
    ) async throws -> (ByteBuffer, next: Cursor?) {
        try await requireSession()
        return try await withTaskExecutorPreference(globalConcurrentExecutor) {
            try await DatabaseContext.run(context) {
                let (items, next) = try await data.withItems(Item.self, .read) {
                    try await $0.list(ItemFilter(), after: cursor, limit: 1000)
                }
                var buffer = ByteBuffer()
                for (index, item) in items.enumerated() {
                    if !isFirst || index > 0 { buffer.writeString(",") }
                    buffer.writeImmutableBuffer(JSONWriter.object { item.write(to: &$0) })
                }
                return (buffer, next)
            }
        }
    }

    private func write(
        _ copy: ExportFolder.Copy, to writer: inout any ResponseBodyWriter, _ archive: inout ZipStream
    ) async throws {
        let isLarge = copy.sizeBytes > Self.largeBytes
        try await writer.write(archive.begin("user_\(user.id).db", isLarge: isLarge))
        var offset: Int64 = 0
        while offset < copy.sizeBytes {
            let at = offset
            try await requireSession()
            let piece = try await threads.run { try copy.read(at: at, upTo: Self.pieceBytes) }
            offset += Int64(piece.readableBytes)
            try await write(piece, to: &writer, &archive)
        }
        try await writer.write(archive.end())
    }

    /// Writes a piece of an entry. The checksum is computed off the connection's thread, where it would delay others.
    private func write(
        _ piece: ByteBuffer, to writer: inout any ResponseBodyWriter, _ archive: inout ZipStream
    ) async throws {
        let before = archive
        archive = try await threads.run {
            var archive = before
            archive.add(piece)
            return archive
        }
        try await writer.write(piece)
    }
}
