use super::*;

fn kind(text: &str) -> Option<TemplateKind> {
    template_marker(text.as_bytes()).map(|marker| marker.kind)
}

#[test]
fn templates() {
    let table = [
        ("{{ $x := 1 -}}\nFROM a\n", TemplateKind::Braces),
        ("FROM {{ base }}\n", TemplateKind::Braces),
        ("from ${{ base }}\n", TemplateKind::Braces),
        ("FROM a\nWORKDIR /src/{{project_name}}\n", TemplateKind::Braces),
        ("FROM a\nEXPOSE {{ port }}\n", TemplateKind::Braces),
        ("FROM a\n  {{#if dev}}\nRUN x\n  {{/if}}\n", TemplateKind::Braces),
        ("FROM a\n{{instruction}} x\n", TemplateKind::Braces),
        ("FROM a\nX{{instruction}} x\n", TemplateKind::Braces),
        ("{% if x %}\nFROM a\n{% endif %}\n", TemplateKind::Statements),
        ("{# note #}\nFROM a\n", TemplateKind::Statements),
        ("FROM {% if x %}a{% else %}b{% endif %}\n", TemplateKind::Statements),
        ("FROM a\nRUN x \\\n{% if y %}\n  z \\\n{% endif %}\n", TemplateKind::Statements),
        ("FROM a\nRUN install \\\n    {{ packages }}\n", TemplateKind::Braces),
        ("<% if x %>\nFROM a\n", TemplateKind::AngleBrackets),
        ("FROM <%= @base %>\n", TemplateKind::AngleBrackets),
        ("include(begin.m4)\nFROM a\n", TemplateKind::M4),
        ("ifelse(X,`ON',`RUN y')\nFROM a\n", TemplateKind::M4),
        ("dnl a note\nFROM a\n", TemplateKind::M4),
        ("FROM a\nBUILD_ALL()dnl\n", TemplateKind::M4),
        ("\u{feff}{{ x }}\nFROM a\n", TemplateKind::Braces),
        ("FROM a\r\nRUN b\r\nUSER {{ u }}\r\n", TemplateKind::Braces),
        ("#ifdef CUDA\nFROM a\n#else\nFROM b\n#endif\n", TemplateKind::Preprocessor),
        ("FROM a\n#if VERSION > 2\nRUN b\n#endif", TemplateKind::Preprocessor),
        ("FROM a\r\n#ifndef X\r\nRUN b\r\n#endif // X\r\n", TemplateKind::Preprocessor),
        ("\u{feff}#if(X)\nFROM a\n#endif/* X */\n", TemplateKind::Preprocessor),
        ("FROM a\nRUN install \\\n#ifdef X\n  x \\\n#endif\n  y\n", TemplateKind::Preprocessor),
    ];
    for (text, wanted) in table {
        assert_eq!(kind(text), Some(wanted), "{text}");
    }
}

#[test]
fn dockerfiles() {
    for text in [
        "",
        "FROM a\n",
        "FROM a\nRUN docker inspect --format '{{.Id}}' x\n",
        "FROM a\nRUN rm /usr/{{lib,share}/x,y}\n",
        "FROM a\nCMD gotty --title \"{{ .Hostname }}\"\n",
        "FROM a\nENV PROMPT={{user}}\nLABEL x={{y}}\n",
        "FROM a\n# {{ a comment }}\n",
        "FROM a\n#{{ a comment }}\n",
        "FROM a\nRUN sed -e \\\n  's/{{X}}/y/' f\n",
        "FROM a\nRUN echo '\\\n{% for x in y %}\\\n' > t.j2\n",
        "FROM a\nRUN cat <<EOF >t\n{{ x }}\n{% y %}\ninclude(z)\nEOF\nCMD c\n",
        "FROM a\nCOPY <<-\"E1\" <<E2 /t/\n{{ x }}\n\tE1\n{{ y }}\nE2\n",
        "FROM a\nRUN x \\\n  && cat <<EOF >t\n{{ x }}\nEOF\n",
        "FROM a\nRUN cat <<EOF >t && \\\n  true\n{{ x }}\nEOF\n",
        "FROM a\nCOPY ${x#y} ${z%%w} /\n",
        "FROM a\nRUN git log --format='%aN <%aE>'\n",
        "# escape=`\nFROM a\nRUN x `\n  # {{ no }}\n\n  {{ y }} z\n",
        "FROM a\nRUN define(x)\n",
        "#if you like\nFROM a\n#ifdef(`X',`Y')dnl\n#else\n",
        "FROM a\n#endif\n#ifdef X\n",
        "FROM a\n# ifdef X\n #ifdef Y\n#endif\n",
        "FROM a\n#ifdef X\n# endif\n #endif\n##endif\n",
        "FROM a\n#ifdefs\n#iffy\n#if_x\n#endif\n",
        "FROM a\n#ifdef X\n#endifs\n#endif_x\n",
        "FROM a\nRUN cat <<EOF >t.h\n#ifndef X\n#define X\n#endif\nEOF\nCMD c\n",
        "FROM a\nCOPY <<A <<B /t/\n#if X\nA\n#endif\nB\n#endif\n",
    ] {
        assert_eq!(kind(text), None, "{text}");
    }
}

#[test]
fn the_line_is_the_one_of_the_marker() {
    let marker = template_marker(b"# a\n\nFROM a\nRUN x \\\n  y\n{{ z }}\n");
    assert_eq!(marker, Some(TemplateMarker { kind: TemplateKind::Braces, line: 6 }));
    let marker = template_marker(b"#if prose\n#ifdef X\nFROM a\n#else\nFROM b\n#endif\n#if Y\n#endif\n");
    assert_eq!(marker, Some(TemplateMarker { kind: TemplateKind::Preprocessor, line: 2 }));
}

#[test]
fn a_heredoc_without_an_end_hides_nothing() {
    assert_eq!(kind("FROM a\nRUN echo $((1<<x))\n{{ y }}\n"), Some(TemplateKind::Braces));
}

#[test]
fn two_escapes_do_not_continue_a_line() {
    assert_eq!(kind("FROM a\nRUN x \\\\\n{{ y }} z\n"), Some(TemplateKind::Braces));
}

#[test]
fn bytes_need_not_be_utf8() {
    assert_eq!(template_marker(b"FROM a\nRUN \xff{{\n"), None);
    assert!(template_marker(b"FROM \xff{{ x }}\n").is_some());
}
