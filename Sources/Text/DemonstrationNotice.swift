/// The line about weights that say of themselves that they are a demonstration.
///
/// - Parameter limits: What they must not be used for, in their own words.
package func demonstrationNotice(_ limits: String) -> String { "These are demonstration weights: \(limits)" }
