/// How the page around the figures looks, in the light, in the dark and on paper.
enum PageStyle {
    static let sheet = """
        :root{color-scheme:light dark;--ink:#1c2230;--soft:#5c6577;--rule:#d9dde5;--paper:#fff;--card:#f5f7fa;--link:#2457a0}
        @media (prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#a3acbd;--rule:#39414f;--paper:#151a22;--card:#1d2430;--link:#8fc1ff}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:1180px;padding:16px 20px 48px;background:var(--paper);color:var(--ink);\
        font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        h1{font-size:26px;margin:12px 0 2px}h2{font-size:20px;margin:36px 0 10px;padding-top:8px;border-top:1px solid var(--rule)}
        h3{font-size:16px;margin:22px 0 8px}p,ul{margin:0 0 12px;color:var(--soft);overflow-wrap:anywhere}
        ul{padding-left:20px}p.notice{color:var(--ink);font-weight:600}a{color:var(--link)}
        nav ol{margin:0;padding:0;display:flex;flex-wrap:wrap;gap:4px 22px;list-style-position:inside;color:var(--soft)}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:10px;margin:16px 0}
        .tile{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:10px 12px}
        .tile b{font-size:21px;font-variant-numeric:tabular-nums;white-space:nowrap}.tile i{font-style:normal;font-size:14px;white-space:nowrap}
        .tile span{display:block;color:var(--soft);font-size:13px}
        .figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,460px),1fr));gap:24px 20px;margin-bottom:16px}
        figure{margin:0;break-inside:avoid;min-width:0}figure.wide{grid-column:1/-1;overflow-x:auto}figure.wide svg{min-width:700px}
        figcaption{color:var(--soft);font-size:13px;padding:4px 6px}.files{white-space:nowrap}
        .tables{display:flex;flex-wrap:wrap;column-gap:48px}.tables>section{max-width:100%}.scroll{overflow-x:auto;margin-bottom:12px}
        table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
        th,td{padding:4px 12px 4px 0;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
        th{color:var(--soft);font-weight:600;white-space:normal;vertical-align:bottom}td.name,th.name{text-align:left}
        td.text{text-align:left;white-space:normal;overflow-wrap:anywhere;font-variant-numeric:normal}
        @media print{body{max-width:none;font-size:10pt;padding:0}:root{--ink:#000;--soft:#333;--rule:#ccc;--paper:#fff;--card:#fff;--link:#000}\
        .figures{grid-template-columns:1fr 1fr;gap:14px 16px}figure.wide svg{min-width:0}\
        h1,h2,h3,.tiles,p:has(+.figures),p:has(+.scroll),p:has(+p+.figures){break-after:avoid}h2{margin-top:22px}\
        tr,.tile,li,.whole{break-inside:avoid}thead{display:table-header-group}tr:nth-child(-n+3){break-after:avoid}\
        tr:nth-last-child(-n+3){break-before:avoid}\
        p,li,figcaption{orphans:3;widows:3}.files,nav{display:none}table{font-size:7.5pt}th,td{padding-right:5px}\
        td.name{white-space:normal}.scroll{overflow:visible}}
        """
}
