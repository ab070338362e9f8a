namespace RobustVerify.Core.Specifications.VnnLib;

/// <summary>What a token of a VNN-LIB file is.</summary>
internal enum VnnLibToken
{
    Open,
    Close,
    Word,
    End,
}

/// <summary>Splits a VNN-LIB file into parentheses and words, reading it once and holding one buffer of it.</summary>
internal sealed class VnnLibTokenizer(TextReader reader)
{
    private char[] buffer = new char[1 << 16];
    private int position;
    private int end;
    private int wordStart;
    private int line = 1;
    private int lineStart;

    /// <summary>The token that was read last.</summary>
    public VnnLibToken Token { get; private set; }

    /// <summary>The text of a word; valid until the next token is read.</summary>
    public ReadOnlySpan<char> Text => buffer.AsSpan(wordStart, position - wordStart);

    /// <summary>The line of the token, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>The column of the token's first character, from 1.</summary>
    public int Column { get; private set; }

    /// <summary>Reads the next token.</summary>
    public VnnLibToken Read()
    {
        SkipBlanksAndComments();
        (Line, Column, wordStart) = (line, position - lineStart + 1, position);
        if (!Available()) return Token = VnnLibToken.End;
        switch (buffer[position])
        {
            case '(':
                position++;
                return Token = VnnLibToken.Open;
            case ')':
                position++;
                return Token = VnnLibToken.Close;
            default:
                while (Available() && !EndsWord(buffer[position])) position++;
                return Token = VnnLibToken.Word;
        }
    }

    private void SkipBlanksAndComments()
    {
        while (true)
        {
            wordStart = position;
            if (!Available()) return;
            var character = buffer[position];
            if (character == ';')
            {
                while (Available() && buffer[position] != '\n')
                {
                    position++;
                    wordStart = position;
                }
            }
            else if (character == '\n')
            {
                position++;
                (line, lineStart) = (line + 1, position);
            }
            else if (char.IsWhiteSpace(character))
            {
                position++;
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>True where a character is left. Refills the buffer, keeping the word that has been started.</summary>
    private bool Available()
    {
        if (position < end) return true;
        var kept = end - wordStart;
        if (kept == buffer.Length) Array.Resize(ref buffer, 2 * kept);
        Array.Copy(buffer, wordStart, buffer, 0, kept);
        lineStart -= wordStart;
        (wordStart, position, end) = (0, kept, kept);
        end += reader.Read(buffer, end, buffer.Length - end);
        return position < end;
    }

    private static bool EndsWord(char character) => character is '(' or ')' or ';' || char.IsWhiteSpace(character);
}
