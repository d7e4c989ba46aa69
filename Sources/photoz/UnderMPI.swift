import Collectives
import Glibc
import PhotozJob
import PhotozMachine

/// Runs a command on all ranks: starts MPI, prints what the body returns when all is done, and ends the whole job when
/// the body fails on any rank.
///
/// - Parameters:
///   - evenApart: Whether to go on when the launcher's processes do not know each other.
///   - deadline: How long a rank may let the others wait; nil for any time.
///   - body: Gets all ranks, those of this node, and when MPI was up.
func underMPI(
    evenApart: Bool = false, deadline: Duration? = nil,
    _ body: (_ world: Communicator, _ node: Communicator, _ ready: ContinuousClock.Instant) throws -> String?
) {
    LauncherWatch.begin()
    if Launcher.isPresent { StopSignal.interruptAsTerminate() }
    // Before MPI fills the environment.
    _ = (Launcher.rank, Launcher.name)
    let world: Communicator
    do { world = try MPI.start(evenApart: evenApart) } catch {
        Exit.withoutMPI(error)
    }
    let ready = ContinuousClock.now
    var failures: FirstFailure?
    var isFirstNode = true
    do {
        try world.setPatience(Patience(deadline: deadline, interrupt: stopWithoutLauncher))
        let node = try world.splitByNode()
        isFirstNode = try node.broadcast(world.rank, root: 0) == 0
        failures = try FirstFailure(on: node)
        try SameCommand.require(CommandLine.arguments, version: Photoz.version, on: world)
        let message = try body(world, node, ready)
        try MPI.finish()
        if let message { Exit.show(message) }
    } catch {
        Exit.job(error, world: world, failures: failures, isFirstNode: isFirstNode)
    }
}

/// Ends the waiting for ranks that nobody would end any more; nil without a launcher.
private var stopWithoutLauncher: (@Sendable () -> (any Error)?)? {
    guard Launcher.isPresent else { return nil }
    return { StopSignal.endOfLauncher.map { JobError(.stopped, "stopped by \($0)") } }
}

/// The same for a command that needs MPI only where there are several ranks.
///
/// - Parameter body: Gets all ranks, or nil without a launcher.
func underMPIWhenLaunched(_ body: (_ world: Communicator?) throws -> String?) {
    if Launcher.isPresent {
        underMPI { world, _, _ in try body(world) }
        return
    }
    do {
        if let message = try body(nil) { Exit.show(message) }
    } catch { Exit.withoutMPI(error) }
}
