namespace RobustVerify.Core.Certificates;

/// <summary>What is known of a property, from worst to best.</summary>
public enum Verdict
{
    /// <summary>A counterexample was found, and the deployed network confirmed it.</summary>
    Falsified,

    /// <summary>Neither a proof nor a counterexample was found within the budget.</summary>
    Unknown,

    /// <summary>The property holds for every input of the region.</summary>
    Verified,
}
