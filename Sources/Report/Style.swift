/// Colours and measures, for light, dark and paper.
enum Style {
    /// For figures, in a page and on their own.
    static let figure = """
        .figure{--ink:#1c2230;--soft:#5c6577;--rule:#d9dde5;--paper:#ffffff;--fill:#2f6fb5;--accent:#c2410c;\
        font:13px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;background:var(--paper);display:block;width:100%;height:auto}
        @media (prefers-color-scheme:dark){.figure{--ink:#e6e9ef;--soft:#a3acbd;--rule:#39414f;--paper:#151a22;--fill:#6fb1ff;--accent:#ff9d5c}}
        @media print{.figure{--ink:#000;--soft:#333;--rule:#ccc;--paper:#fff;--fill:#2f6fb5;--accent:#c2410c}}
        .figure text{fill:var(--ink)}.figure .middle{text-anchor:middle}.figure .end{text-anchor:end}.figure .title{fill:var(--soft)}
        .figure .paper{fill:var(--paper)}.figure .frame{fill:none;stroke:var(--soft)}.figure .grid{stroke:var(--rule);stroke-width:.6}
        .figure .line{fill:none;stroke-width:2}.figure .accent{stroke:var(--accent)}.figure .quiet{stroke:var(--soft);stroke-width:1}
        .figure .dashed{stroke-dasharray:6 4}.figure .bar{fill:var(--fill)}.figure .wait{fill:var(--accent)}.figure .idle{fill:var(--rule)}
        .figure .density{fill:var(--fill)}
        .figure .d1{fill-opacity:.14}.figure .d2{fill-opacity:.26}.figure .d3{fill-opacity:.38}.figure .d4{fill-opacity:.5}
        .figure .d5{fill-opacity:.62}.figure .d6{fill-opacity:.75}.figure .d7{fill-opacity:.88}.figure .d8{fill-opacity:1}
        .figure .s0{--c:#2f6fb5}.figure .s1{--c:#d97706}.figure .s2{--c:#0f9d74}.figure .s3{--c:#c0458a}
        .figure .s4{--c:#7c6bd6}.figure .s5{--c:#8a8d2f}.figure .s6{--c:#1aa3bd}.figure .s7{--c:#8c8c8c}
        .figure .series.line{stroke:var(--c)}.figure .series.dot{fill:var(--c)}
        """

    /// For the page around them.
    static let page = """
        :root{color-scheme:light dark;--ink:#1c2230;--soft:#5c6577;--rule:#d9dde5;--paper:#fff;--card:#f5f7fa}
        @media (prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#a3acbd;--rule:#39414f;--paper:#151a22;--card:#1d2430}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:1180px;padding:16px 20px 48px;background:var(--paper);color:var(--ink);\
        font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        h1{font-size:26px;margin:12px 0 2px}h2{font-size:19px;margin:32px 0 10px}p{margin:0 0 12px;color:var(--soft);overflow-wrap:anywhere}
        p.notice{color:var(--ink);font-weight:600}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(135px,1fr));gap:10px;margin:16px 0}
        .tile{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:10px 12px}
        .tile b{display:block;font-size:21px;font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:13px}
        .figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,460px),1fr));gap:20px}
        figure{margin:0;break-inside:avoid}figcaption{color:var(--soft);font-size:13px;padding:4px 6px}
        .tables{display:flex;flex-wrap:wrap;column-gap:48px}.tables>section{max-width:100%}.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
        th,td{padding:4px 12px 4px 0;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
        th{color:var(--soft);font-weight:600;white-space:normal;vertical-align:bottom}td.name,th.name{text-align:left}
        td.text{text-align:left;white-space:normal;overflow-wrap:anywhere;font-variant-numeric:normal}
        @media print{body{max-width:none;font-size:11pt}:root{--ink:#000;--soft:#333;--rule:#ccc;--paper:#fff;--card:#fff}\
        .figures{grid-template-columns:1fr 1fr}tr{break-inside:avoid}table{font-size:7.5pt}th,td{padding-right:5px}\
        td.name{white-space:normal}h2{break-after:avoid}}
        """
}
