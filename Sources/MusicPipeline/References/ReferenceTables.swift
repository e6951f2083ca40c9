/// Both references, ready for lookups.
package struct ReferenceTables: Sendable {
    package let tracks: TrackTable
    package let users: UserTable

    package init(tracks: TrackTable, users: UserTable) {
        self.tracks = tracks
        self.users = users
    }
}
