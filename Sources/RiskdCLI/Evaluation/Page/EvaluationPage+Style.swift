extension EvaluationPage {
    static let style = """

        :root { --paper: #fff; --ink: #1c2430; --soft: #5b6675; --line: #d9dfe7; --good: #2b6cb0; --bad: #c05621;
          --card: #f6f8fa; }
        @media (prefers-color-scheme: dark) { :root { --paper: #12161c; --ink: #e6eaf0; --soft: #9aa5b4;
          --line: #2c3540; --good: #63a4e8; --bad: #ed8b52; --card: #1a2029; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
        main { max-width: 1240px; margin: 0 auto; padding: 24px; }
        h1 { margin: 0 0 4px; font-size: 26px; }
        .lead { margin: 0 0 20px; color: var(--soft); max-width: 90ch; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-bottom: 20px; }
        .tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; }
        .tiles b { display: block; font-size: 24px; font-weight: 600; line-height: 1.25; margin-bottom: 2px; }
        .tiles small { white-space: nowrap; font-size: 13px; font-weight: 400; color: var(--soft); }
        .tiles span { color: var(--soft); font-size: 13px; line-height: 1.3; display: block; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)); gap: 16px; }
        figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; min-width: 0; }
        figcaption { font-weight: 600; margin-bottom: 8px; }
        svg { width: 100%; height: auto; display: block; font-size: 12px; }
        svg text { fill: var(--ink); }
        .grid { stroke: var(--line); }
        .target { stroke: var(--ink); stroke-dasharray: 4 3; }
        .tick, .axis, .in { text-anchor: middle; }
        svg .tick, svg .side, svg .axis { fill: var(--soft); }
        .side, .name { text-anchor: end; }
        .total { font-weight: 600; }
        rect.good { fill: var(--good); } rect.bad { fill: var(--bad); }
        rect.good, rect.bad { opacity: 0.75; } rect.good.total, rect.bad.total { opacity: 1; }
        .whisker { stroke: var(--ink); fill: none; stroke-width: 1.3; }
        .line { fill: none; stroke-width: 2.2; }
        .c0 { stroke: #2b6cb0; } .c1 { stroke: #c05621; } .c2 { stroke: #2f855a; } .c3 { stroke: #805ad5; }
        .c4 { stroke: #b7791f; } .c5 { stroke: #d53f8c; } .c6 { stroke: #319795; } .c7 { stroke: #718096; }
        h2 { margin: 36px 0 10px; font-size: 20px; } h3 { margin: 28px 0 4px; font-size: 17px; }
        .attempts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 280px), 1fr)); gap: 12px; }
        .attempts figure { padding: 10px 12px; }
        .attempts figcaption { font-size: 13px; margin-bottom: 4px; overflow-wrap: anywhere; }
        .attempts small { font-size: 12px; font-weight: 400; color: var(--soft); }
        .badge { display: inline-block; min-width: 56px; padding: 0 6px; border-radius: 4px; font-size: 12px;
          text-align: center; }
        .badge.level-critical { background: #9b1c31; color: #fff; } .badge.level-high { background: #dd6b20; color: #111; }
        .badge.level-medium { background: #d9a520; color: #111; } .badge.level-low { background: #7fa7cf; color: #111; }
        .badge.level-info { background: #b6c0cc; color: #111; }
        .outcome { margin: 2px 0 0; font-size: 12px; line-height: 1.35; color: var(--soft); }
        .axis-line { stroke: var(--soft); fill: none; } svg .small { font-size: 10px; fill: var(--soft); }
        .threshold { fill: none; stroke-width: 1; stroke-dasharray: 2 3; } .reach { fill: none; stroke-width: 1.5; }
        .edge-critical { stroke: #c4304b; } .edge-high { stroke: #dd6b20; } .edge-medium { stroke: #d9a520; }
        .edge-low { stroke: #7fa7cf; }
        .account { stroke: var(--ink); } .campaign { stroke: var(--good); stroke-dasharray: 5 3; }
        .level-critical { fill: #9b1c31; } .level-high { fill: #dd6b20; } .level-medium { fill: #d9a520; }
        .level-low { fill: #7fa7cf; } .level-info { fill: #b6c0cc; }
        svg .in { fill: #fff; font-weight: 600; } svg .in.dark { fill: #111; }
        details { margin-top: 18px; }
        summary { font-weight: 600; cursor: pointer; margin-bottom: 8px; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; font-size: 13px; white-space: nowrap; }
        th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); }
        th { color: var(--soft); font-weight: 600; }
        .n { text-align: right; font-variant-numeric: tabular-nums; }
        @media print { details { break-inside: avoid; } }

        """
}
