using System.Globalization;

namespace RobustVerify.Core.Specifications.VnnLib;

/// <summary>Reads the text of a VNN-LIB 1.0 file by recursive descent.</summary>
internal sealed class VnnLibParser(VnnLibTokenizer tokens, string file)
{
    // Deep enough for any file that a person or a program writes, and far from the end of the stack.
    private const int DeepestNesting = 1000;

    private readonly HashSet<int> inputs = [];
    private readonly HashSet<int> outputs = [];
    private readonly List<(Variable Variable, double Coefficient)> terms = [];
    private int depth;

    /// <summary>The number of inputs that are declared.</summary>
    public int Inputs => inputs.Count;

    /// <summary>The number of outputs that are declared.</summary>
    public int Outputs => outputs.Count;

    /// <summary>Reads the whole file: all assertions together.</summary>
    public VnnLibFormula Parse()
    {
        var assertions = new VnnLibFormula(1);
        while (tokens.Read() != VnnLibToken.End)
        {
            if (tokens.Token != VnnLibToken.Open) throw Error("expected '(' and a command");
            switch (ReadWord("a command"))
            {
                case "declare-const":
                    Declare();
                    break;
                case "declare-fun":
                    Declare(isFunction: true);
                    break;
                case "assert":
                    tokens.Read();
                    Formula(assertions);
                    break;
                case "vnnlib-version" or "declare-network":
                    throw Error("this is VNN-LIB 2.0, which is not supported; write the property in VNN-LIB 1.0");
                case var command:
                    throw Error($"'{command}' is no command of VNN-LIB 1.0; use declare-const, declare-fun or assert");
            }

            Expect(VnnLibToken.Close, "')' at the end of the command");
        }

        CheckNumbering('X', inputs);
        CheckNumbering('Y', outputs);
        return assertions;
    }

    private void Declare(bool isFunction = false)
    {
        Expect(VnnLibToken.Word, "the name of a variable");
        var variable = ParseVariable();
        if (!(variable.IsInput ? inputs : outputs).Add(variable.Index)) throw Error($"{variable} is declared twice");
        if (isFunction)
        {
            Expect(VnnLibToken.Open, "'()'");
            Expect(VnnLibToken.Close, "')', for a variable has no arguments");
        }

        if (ReadWord("the type Real") is not "Real") throw Error($"'{tokens.Text}' is no type of a variable; expected Real");
    }

    /// <summary>Reads a formula that starts at the current token, and joins it to a conjunction.</summary>
    private void Formula(VnnLibFormula conjunction)
    {
        if (tokens.Token != VnnLibToken.Open) throw Error("expected a formula in parentheses");
        if (++depth > DeepestNesting) throw Error($"formulas are nested more than {DeepestNesting} deep");
        var (line, column) = (tokens.Line, tokens.Column);
        switch (ReadWord("and, or, or a comparison"))
        {
            case "and":
                while (tokens.Read() != VnnLibToken.Close) Formula(conjunction);
                break;
            case "or":
                var alternatives = new List<VnnLibFormula>();
                while (tokens.Read() != VnnLibToken.Close)
                {
                    var alternative = new VnnLibFormula(tokens.Line);
                    Formula(alternative);
                    alternatives.Add(alternative);
                }

                if (alternatives.Count == 1) conjunction.Add(alternatives[0]);
                else conjunction.Choices.Add([.. alternatives]);
                break;
            // A strict comparison is read as its closure: a counterexample more can only make a proof harder.
            case "<=" or "<":
                Add(conjunction, Difference(1), line, column);
                break;
            case ">=" or ">":
                Add(conjunction, Difference(-1), line, column);
                break;
            case "=":
                var difference = Difference(1);
                Add(conjunction, difference, line, column);
                for (var i = 0; i < terms.Count; i++) terms[i] = (terms[i].Variable, -terms[i].Coefficient);
                Add(conjunction, -difference, line, column);
                break;
            case var word:
                throw Error($"'{word}' is not supported in a formula; use and, or, <=, >=, <, > or =");
        }

        depth--;
    }

    /// <summary>
    /// Reads both sides of a comparison. Leaves the terms of sign · (left − right) in <see cref="terms"/>, one for each
    /// variable, and returns its constant.
    /// </summary>
    private double Difference(double sign)
    {
        terms.Clear();
        tokens.Read();
        var constant = Term(sign);
        tokens.Read();
        constant += Term(-sign);
        Expect(VnnLibToken.Close, "')' after the two sides of a comparison");
        if (terms.Count > 1 || terms.Exists(term => term.Coefficient == 0)) SumByVariable();
        return constant;
    }

    private void SumByVariable()
    {
        var sums = terms.GroupBy(term => term.Variable, term => term.Coefficient)
            .Select(group => (group.Key, group.Sum()))
            .Where(term => term.Item2 != 0)
            .ToArray();
        terms.Clear();
        terms.AddRange(sums);
    }

    /// <summary>Reads arithmetic that starts at the current token. Adds factor times its terms, and returns factor times its constant.</summary>
    private double Term(double factor)
    {
        if (tokens.Token == VnnLibToken.Word)
        {
            if (char.IsAsciiLetter(tokens.Text[0]))
            {
                var variable = ParseVariable();
                if (!(variable.IsInput ? inputs : outputs).Contains(variable.Index)) throw Error($"{variable} is not declared");
                terms.Add((variable, factor));
                return 0;
            }

            if (!double.TryParse(tokens.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                throw Error($"'{tokens.Text}' is neither a number nor a variable");
            if (!double.IsFinite(number)) throw Error($"the number {tokens.Text} is too large");
            return factor * number;
        }

        if (tokens.Token != VnnLibToken.Open) throw Error("expected a number, a variable, or arithmetic in parentheses");
        if (++depth > DeepestNesting) throw Error($"arithmetic is nested more than {DeepestNesting} deep");
        var constant = ReadWord("+, - or *") switch
        {
            "+" => Sum(factor, factor),
            "-" => Sum(factor, -factor),
            "*" => Product(factor),
            var word => throw Error($"'{word}' is not supported in arithmetic; use +, - or *"),
        };
        depth--;
        return constant;
    }

    private double Sum(double first, double rest)
    {
        var (line, column, count, start, sum) = (tokens.Line, tokens.Column, 0, terms.Count, 0.0);
        for (; tokens.Read() != VnnLibToken.Close; count++) sum += Term(count == 0 ? first : rest);
        if (count == 0) throw Error("arithmetic without an operand", line, column);
        if (count > 1 || rest == first) return sum;

        // A minus with one operand negates it.
        for (var i = start; i < terms.Count; i++) terms[i] = (terms[i].Variable, -terms[i].Coefficient);
        return -sum;
    }

    private double Product(double factor)
    {
        var (line, column, start) = (tokens.Line, tokens.Column, terms.Count);
        var (product, offset, count) = (factor, 0.0, 0);
        for (; tokens.Read() != VnnLibToken.Close; count++)
        {
            var before = terms.Count;
            var constant = Term(1);
            if (terms.Count == before)
            {
                product *= constant;
                continue;
            }

            if (before > start) throw Error("a product of variables is not linear, and not supported", line, column);
            offset = constant;
        }

        if (count == 0) throw Error("arithmetic without an operand", line, column);
        if (terms.Count == start) return product;
        for (var i = start; i < terms.Count; i++) terms[i] = (terms[i].Variable, terms[i].Coefficient * product);
        return offset * product;
    }

    /// <summary>Adds the comparison Σ terms + constant ≤ 0.</summary>
    private void Add(VnnLibFormula conjunction, double constant, int line, int column)
    {
        if (terms.Count == 0) throw Error("a comparison without a variable", line, column);
        if (!double.IsFinite(constant) || terms.Exists(term => !double.IsFinite(term.Coefficient)))
            throw Error("the arithmetic of this comparison exceeds the range of double", line, column);
        var variable = terms[0].Variable;
        if (!variable.IsInput && terms.TrueForAll(term => !term.Variable.IsInput))
        {
            conjunction.Outputs.Add(new OutputBound([.. terms.Select(term => (term.Variable.Index, term.Coefficient))], 0 - constant));
            return;
        }

        if (terms.Count > 1)
        {
            throw Error(
                $"a comparison of {variable} with {terms[1].Variable} is not supported: an input is compared with numbers only", line, column);
        }

        // Division rounds to nearest, which keeps the order: no input that double can hold enters or leaves a bound's inside.
        var coefficient = terms[0].Coefficient;
        conjunction.Inputs.Add(new InputBound(variable.Index, coefficient > 0, (0 - constant) / coefficient));
    }

    private Variable ParseVariable()
    {
        var text = tokens.Text;
        if (text.Length > 2 && text[0] is 'X' or 'Y' && text[1] == '_'
            && int.TryParse(text[2..], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            return new Variable(text[0] == 'X', index);
        throw Error($"'{text}' is no variable; inputs are X_0, X_1, … and outputs Y_0, Y_1, …");
    }

    private void CheckNumbering(char name, HashSet<int> declared)
    {
        if (declared.Count == 0) throw new SpecificationException(file, $"no {name}_0 is declared");
        for (var i = 0; i < declared.Count; i++)
        {
            if (!declared.Contains(i))
                throw new SpecificationException(file, $"{name}_{i} is not declared, but {name}_{declared.Max()} is; variables are numbered from 0 without gaps");
        }
    }

    private string ReadWord(string expected)
    {
        Expect(VnnLibToken.Word, expected);
        // The words of the language are few, so that reading a large file makes no strings.
        return tokens.Text switch
        {
            "<=" => "<=",
            ">=" => ">=",
            "and" => "and",
            "or" => "or",
            "assert" => "assert",
            "declare-const" => "declare-const",
            "Real" => "Real",
            var other => other.ToString(),
        };
    }

    private void Expect(VnnLibToken token, string expected)
    {
        if (tokens.Read() != token) throw Error($"expected {expected}");
    }

    private SpecificationException Error(string problem) => Error(
        tokens.Token == VnnLibToken.End ? $"the file ends too early: {problem}" : problem, tokens.Line, tokens.Column);

    private SpecificationException Error(string problem, int line, int column) => new(file, problem, line, column);

    private readonly record struct Variable(bool IsInput, int Index)
    {
        public override string ToString() => $"{(IsInput ? 'X' : 'Y')}_{Index}";
    }
}
