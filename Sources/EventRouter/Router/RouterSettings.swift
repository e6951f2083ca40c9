package import Clocks
package import StatesLanguage
package import Template

/// What a router is started with.
package struct RouterSettings: Sendable {
    /// How files that arrive are found.
    package enum ArrivalMode: String, Sendable, CaseIterable {
        /// The kernel tells (inotify).
        case watch
        /// The template's sensors ask at their intervals.
        case poll
    }

    /// What executions, schedules and polls live by.
    package enum ClockMode: Sendable, Hashable {
        /// The machine's own clock.
        case system
        /// One that moves only when it is told to. It begins at `start`, or where it was left, or now; never before what the data
        /// folder has seen.
        case virtual(start: Timestamp?)
    }

    package var data: DataFolder
    package var application: Application
    /// The folder with the functions' executables, absolute.
    package var productsFolder: String
    /// The folder that holds the template: what `CodeUri` is relative to; absolute.
    package var templateFolder: String
    /// The port of the router's own API; 0 picks a free one.
    package var port: UInt16
    package var arrivalMode: ArrivalMode
    package var clock: ClockMode
    /// What running executions and invocations get to end once the router is told to stop.
    package var grace: Duration
    /// Mocked answers for executions that are started as test cases.
    package var mocks: MockConfiguration?

    package init(
        data: DataFolder, application: Application, productsFolder: String, templateFolder: String, port: UInt16 = 4566,
        arrivalMode: ArrivalMode = .watch, clock: ClockMode = .system, grace: Duration = .seconds(10)
    ) {
        self.data = data
        self.application = application
        self.productsFolder = productsFolder
        self.templateFolder = templateFolder
        self.port = port
        self.arrivalMode = arrivalMode
        self.clock = clock
        self.grace = grace
    }
}
