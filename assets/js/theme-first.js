(function(){var r=document.documentElement,t=r.dataset.theme;r.dataset.bsTheme=t==="auto"?(matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light"):t})()
