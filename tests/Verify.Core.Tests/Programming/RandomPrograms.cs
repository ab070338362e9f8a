using RobustVerify.Core.Numerics;
using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>Random linear programs of many kinds, each the same whenever it is asked for.</summary>
public static class RandomPrograms
{
    private const int Kinds = 9;

    public static LinearProgram Of(int number)
    {
        var random = RandomStream.From("random programs", (ulong)number);
        return (number % Kinds) switch
        {
            0 => Feasible(random, 2 + random.NextInt(20), 1 + random.NextInt(15)),
            1 => Anything(random, 1 + random.NextInt(8), 1 + random.NextInt(8)),
            2 => Transport(random, 2 + random.NextInt(5), 2 + random.NextInt(5)),
            3 => Assignment(random, 2 + random.NextInt(5)),
            4 => Ties(random, 3 + random.NextInt(12), 3 + random.NextInt(12)),
            5 => Free(random, 2 + random.NextInt(10), 2 + random.NextInt(10)),
            6 => Cone(random, 2 + random.NextInt(8), 1 + random.NextInt(8)),
            7 => Odd(random, 3 + random.NextInt(6), 3 + random.NextInt(6)),
            _ => Layers(random, 3 + random.NextInt(10)),
        };
    }

    /// <summary>Boxes, and rows around their values at a point.</summary>
    public static LinearProgram Feasible(RandomStream random, int columns, int rows)
    {
        var builder = new LinearProgramBuilder { Constant = random.NextGaussian() };
        var point = new double[columns];
        for (var j = 0; j < columns; j++)
        {
            var low = 10 * random.NextGaussian();
            builder.Variable(low, low + 5 * random.NextExponential(), random.NextGaussian());
            point[j] = low + 0.3;
        }

        for (var i = 0; i < rows; i++)
        {
            var terms = Terms(random, columns, 0.5);
            var value = terms.Sum(term => term.Coefficient * point[term.Column]);
            _ = random.NextInt(3) switch
            {
                0 => builder.AtMost(terms, value + random.NextDouble()),
                1 => builder.AtLeast(terms, value - random.NextDouble()),
                _ => builder.Row(value - random.NextDouble(), terms, value + random.NextDouble()),
            };
        }

        return builder.Build();
    }

    // Often infeasible.
    private static LinearProgram Anything(RandomStream random, int columns, int rows)
    {
        var builder = new LinearProgramBuilder();
        for (var j = 0; j < columns; j++) builder.Variable(-random.NextInt(4), random.NextInt(4), random.NextGaussian());
        for (var i = 0; i < rows; i++)
        {
            var low = random.NextInt(9) - 4;
            builder.Row(low, Terms(random, columns, 0.7), low + random.NextInt(4));
        }

        return builder.Build();
    }

    private static LinearProgram Transport(RandomStream random, int from, int to)
    {
        var builder = new LinearProgramBuilder();
        for (var k = 0; k < from * to; k++) builder.Variable(0, cost: random.NextInt(10));
        for (var i = 0; i < from; i++) builder.Equal([.. Enumerable.Range(0, to).Select(j => new Term(i * to + j, 1))], to);
        for (var j = 0; j < to; j++) builder.Equal([.. Enumerable.Range(0, from).Select(i => new Term(i * to + j, 1))], from);
        return builder.Build();
    }

    private static LinearProgram Assignment(RandomStream random, int size)
    {
        var builder = new LinearProgramBuilder();
        for (var k = 0; k < size * size; k++) builder.Variable(0, 1, random.NextInt(5));
        for (var i = 0; i < size; i++)
        {
            builder.Equal([.. Enumerable.Range(0, size).Select(j => new Term(i * size + j, 1))], 1);
            builder.Equal([.. Enumerable.Range(0, size).Select(j => new Term(j * size + i, 1))], 1);
        }

        return builder.Build();
    }

    // Small integers everywhere, many constraints through one vertex.
    private static LinearProgram Ties(RandomStream random, int columns, int rows)
    {
        var builder = new LinearProgramBuilder();
        for (var j = 0; j < columns; j++) builder.Variable(0, random.NextInt(2) == 0 ? double.PositiveInfinity : 1, random.NextInt(3) - 1);
        for (var i = 0; i < rows; i++)
            builder.AtMost([.. Enumerable.Range(0, columns).Where(_ => random.NextInt(2) == 0).Select(j => new Term(j, random.NextInt(3)))], random.NextInt(2));
        builder.AtMost([.. Enumerable.Range(0, columns).Select(j => new Term(j, 1))], columns);
        return builder.Build();
    }

    // The objective is a combination of the rows, so that it is bounded although no variable is.
    private static LinearProgram Free(RandomStream random, int columns, int rows)
    {
        var builder = new LinearProgramBuilder();
        var cost = new double[columns];
        for (var j = 0; j < columns; j++) builder.Variable();
        for (var i = 0; i < rows; i++)
        {
            var (terms, multiplier) = (Terms(random, columns, 0.6), random.NextDouble());
            foreach (var (j, coefficient) in terms) cost[j] += multiplier * coefficient;
            _ = random.NextInt(4) == 0 && i < columns ? builder.Equal(terms, random.NextGaussian()) : builder.AtLeast(terms, random.NextGaussian());
        }

        for (var j = 0; j < columns; j++) builder.Cost(j, cost[j]);
        return builder.Build();
    }

    // Often unbounded.
    private static LinearProgram Cone(RandomStream random, int columns, int rows)
    {
        var builder = new LinearProgramBuilder();
        for (var j = 0; j < columns; j++) builder.Variable(random.NextInt(4) == 0 ? double.NegativeInfinity : 0, cost: random.NextGaussian() + 0.5);
        for (var i = 0; i < rows; i++) builder.AtMost(Terms(random, columns, 0.7), 1 + random.NextDouble());
        return builder.Build();
    }

    // Rows without variables, variables without rows, fixed ones, rows twice, widely different magnitudes.
    private static LinearProgram Odd(RandomStream random, int columns, int rows)
    {
        var builder = new LinearProgramBuilder();
        for (var j = 0; j < columns; j++)
        {
            var low = random.NextGaussian();
            builder.Variable(low, low + random.NextInt(2), random.NextInt(3) == 0 ? 0 : 100 * random.NextGaussian());
        }

        builder.Row(random.NextInt(8) == 0 ? 1 : 0, [], 3);
        for (var i = 0; i < rows; i++)
        {
            var scale = Math.ScaleB(1, random.NextInt(20) - 10);
            var terms = Terms(random, columns - 1, 0.5).Select(term => term with { Coefficient = scale * term.Coefficient }).ToArray();
            builder.Row(-4 * scale, terms, 4 * scale);
            if (random.NextInt(3) == 0) builder.AtMost([.. terms, .. terms], 6 * scale);
        }

        return builder.Build();
    }

    /// <summary>Layers of equations and triangles, as of a network's relaxation.</summary>
    public static LinearProgram Layers(RandomStream random, int width, int depth = 3)
    {
        var builder = new LinearProgramBuilder();
        var (before, low, high) = (new int[width], new double[width], new double[width]);
        for (var j = 0; j < width; j++) (before[j], low[j], high[j]) = (builder.Variable(-1, 1), -1, 1);
        for (var layer = 0; layer < depth; layer++)
        {
            var weights = new double[width * width];
            for (var k = 0; k < weights.Length; k++) weights[k] = random.NextGaussian() / Math.Sqrt(width);
            var (outputs, nextLow, nextHigh) = (new int[width], new double[width], new double[width]);
            var (lows, highs) = (new double[width], new double[width]);
            for (var i = 0; i < width; i++)
            {
                for (var j = 0; j < width; j++)
                {
                    var weight = weights[i * width + j];
                    lows[i] += Math.Min(weight * low[j], weight * high[j]);
                    highs[i] += Math.Max(weight * low[j], weight * high[j]);
                }

                (nextLow[i], nextHigh[i]) = (Math.Max(0, lows[i]), Math.Max(0, highs[i]));
                outputs[i] = builder.Variable(0, nextHigh[i]);
            }

            for (var i = 0; i < width; i++)
            {
                var z = builder.Variable(lows[i], highs[i]);
                builder.Equal([new(z, -1), .. before.Select((column, j) => new Term(column, weights[i * width + j]))], 0);
                builder.AtLeast([new(outputs[i], 1), new(z, -1)], 0);
                if (highs[i] > 0 && lows[i] < 0)
                {
                    var slope = highs[i] / (highs[i] - lows[i]);
                    builder.AtMost([new(outputs[i], 1), new(z, -slope)], -slope * lows[i]);
                }
            }

            (before, low, high) = (outputs, nextLow, nextHigh);
        }

        foreach (var column in before) builder.Cost(column, random.NextGaussian());
        return builder.Build();
    }

    /// <summary>Binaries and a few others under random rows, small enough to be enumerated.</summary>
    public static LinearProgram MixedInteger(int number)
    {
        var random = RandomStream.From("random mixed-integer programs", (ulong)number);
        var builder = new LinearProgramBuilder { Constant = random.NextGaussian() };
        var (binaries, integers, others) = (1 + random.NextInt(6), random.NextInt(3), random.NextInt(5));
        for (var j = 0; j < binaries; j++) builder.Binary(random.NextInt(2) == 0 ? random.NextInt(7) - 3 : random.NextGaussian());
        for (var j = 0; j < integers; j++) builder.Variable(-1.5, 2.25, random.NextGaussian(), isInteger: true);
        for (var j = 0; j < others; j++) builder.Variable(-1, 2, random.NextGaussian());
        var columns = binaries + integers + others;
        for (var i = 0; i < 1 + random.NextInt(6); i++)
        {
            var low = random.NextGaussian() - 2;
            builder.Row(low, Terms(random, columns, 0.7), low + 4 * random.NextDouble());
        }

        return builder.Build();
    }

    private static Term[] Terms(RandomStream random, int columns, double density)
    {
        var terms = new List<Term>();
        for (var j = 0; j < columns; j++)
        {
            if (random.NextDouble() < density) terms.Add(new(j, random.NextGaussian()));
        }

        return [.. terms];
    }
}
